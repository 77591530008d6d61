// kube-check - validates Kubernetes manifests against the API's schemas (npm's kubernetes-models), offline
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const modules = process.env.NODE_MODULES ?? path.resolve('node_modules')
const YAML = createRequire(path.join(modules, 'x.js'))('yaml')
const kinds = {
	'batch/v1': 'kubernetes-models/batch/v1/index.js',
	'apps/v1': 'kubernetes-models/apps/v1/index.js',
	'argoproj.io/v1alpha1': '@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/index.js',
}
let bad = 0
for (const file of process.argv.slice(2))
	for (const document of YAML.parseAllDocuments(readFileSync(file, 'utf8'))) {
		const object = document.toJS()
		try {
			if (document.errors.length) throw document.errors[0]
			const models = await import(path.join(modules, kinds[object.apiVersion] ?? 'none'))
			new models[object.kind](object).validate()
		} catch (e) {
			console.log(`${file}: ${e.message}`)
			bad = 1
		}
	}
process.exit(bad)
