// gha-run - runs a GitHub workflow's `run:` steps here as the runner would: its shells, standard input at its end, the
// OUTPUT, ENV, PATH and SUMMARY files, needs, if, composite actions, artifacts as directories.
//   node gha-run.mjs [--input K=V] [--secret K=V] [--uses OWNER/REPO=DIR] [--event FILE] [--run-id N] WORKFLOW
// RUNNER_STATE (a directory) keeps artifacts and summaries between runs. Needs npm's yaml and @actions/expressions.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'

const modules = process.env.NODE_MODULES ?? path.resolve('node_modules')
const YAML = createRequire(path.join(modules, 'x.js'))('yaml')
const X = await import(path.join(modules, '@actions/expressions/dist/index.js'))
const { values, file } = options(process.argv.slice(2))
const state = process.env.RUNNER_STATE ?? '.runner'
mkdirSync(state, { recursive: true })
const temp = mkdtempSync(path.join(path.resolve(state), 'temp-'))
let count = 0

function options(words) {
	const values = { input: {}, secret: {}, uses: {}, event: {}, 'run-id': {} }
	let file
	for (let i = 0; i < words.length; i++) {
		const name = words[i].slice(2)
		if (!words[i].startsWith('--')) file = words[i]
		else if (name === 'event' || name === 'run-id') values[name] = words[++i]
		else {
			const [key, ...value] = words[++i].split('=')
			values[name][key] = value.join('=')
		}
	}
	return { values, file }
}

function data(v) {
	if (v === null || v === undefined) return new X.data.Null()
	if (typeof v === 'string') return new X.data.StringData(v)
	if (typeof v === 'number') return new X.data.NumberData(v)
	if (typeof v === 'boolean') return new X.data.BooleanData(v)
	if (Array.isArray(v)) return new X.data.Array(...v.map(data))
	return new X.data.Dictionary(...Object.entries(v).map(([key, value]) => ({ key, value: data(value) })))
}

function evaluate(expression, context, job) {
	const functions = ['success', 'failure', 'always', 'cancelled'].map(name => ({
		name, minArgs: 0, maxArgs: 0,
		call: () => new X.data.BooleanData(name === 'always' || name === job.status),
	}))
	const tree = new X.Parser(new X.Lexer(expression).lex().tokens, Object.keys(context), functions).parse()
	return new X.Evaluator(tree, data(context), new Map(functions.map(f => [f.name, f]))).evaluate()
}

// strings with ${{ }} inside: one that is nothing else keeps its type
const fill = (v, context, job) => typeof v !== 'string' ? String(v)
	: v.replace(/\$\{\{(.*?)\}\}/gs, (_, e) => evaluate(e.trim(), context, job).coerceString())

function holds(condition, context, job) {
	const bare = String(condition ?? 'success()').replace(/^\$\{\{(.*)\}\}$/s, '$1')
	const whole = /\b(success|failure|always|cancelled)\(/.test(bare) ? bare : `success() && (${bare})`
	const v = evaluate(whole, context, job)
	return v.kind === X.data.Kind.Boolean ? v.value : v.coerceString() !== '' && v.coerceString() !== 'false'
}

// NAME=VALUE and NAME<<END lines
function variables(file) {
	const found = {}
	const lines = readFileSync(file, 'utf8').split('\n')
	for (let i = 0; i < lines.length; i++) {
		const [, name, mark, rest] = lines[i].match(/^([^=<]+)(=|<<)(.*)$/) ?? []
		if (!lines[i]) continue
		if (!name) throw new Error(`Invalid format '${lines[i]}'`)
		if (mark === '=') { found[name] = rest; continue }
		const end = lines.indexOf(rest, i + 1)
		if (end < 0) throw new Error(`Matching delimiter not found '${rest}'`)
		found[name] = lines.slice(i + 1, end).join('\n')
		i = end
	}
	return found
}

function command(shell, script) {
	if (shell === undefined) return ['bash', '-e', script]
	if (shell === 'bash') return ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', script]
	if (shell === 'sh') return ['sh', '-e', script]
	return shell.replace('{0}', script).split(' ')
}

function run(step, context, job, defaults, environment) {
	const at = path.join(temp, String(++count))
	const files = { GITHUB_OUTPUT: `${at}.output`, GITHUB_ENV: `${at}.env`, GITHUB_PATH: `${at}.path`,
		GITHUB_STEP_SUMMARY: `${at}.summary` }
	Object.values(files).forEach(f => writeFileSync(f, ''))
	writeFileSync(`${at}.sh`, fill(step.run, context, job))
	const env = { ...process.env, ...environment, CI: 'true', GITHUB_ACTIONS: 'true', RUNNER_TEMP: temp,
		GITHUB_WORKSPACE: process.cwd(), ...files }
	for (const [k, v] of Object.entries(step.env ?? {})) env[k] = fill(v, context, job)
	const [program, ...words] = command(step.shell ?? defaults.shell, `${at}.sh`)
	const r = spawnSync(program, words, { env, input: '', encoding: 'utf8', maxBuffer: 1 << 28,
		cwd: path.resolve(fill(step['working-directory'] ?? defaults['working-directory'] ?? '.', context, job)) })
	process.stdout.write(r.stdout ?? '')
	process.stderr.write(r.stderr ?? '')
	let outcome = r.status === 0 ? 'success' : 'failure', outputs = {}
	try {
		outputs = variables(files.GITHUB_OUTPUT)
		Object.assign(environment, variables(files.GITHUB_ENV))
	} catch (e) {
		console.log(`##[error]${e.message}`)
		outcome = 'failure'
	}
	const added = readFileSync(files.GITHUB_PATH, 'utf8').trim()
	if (added)
		environment.PATH = [...added.split('\n').reverse(), environment.PATH ?? process.env.PATH].join(':')
	const summary = readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8')
	if (summary.length > 1048576) console.log('##[error]the summary is over 1 MiB')
	writeFileSync(path.join(state, 'summary.md'), summary, { flag: 'a' })
	return { outcome, outputs }
}

function artifact(step, context, job) {
	const value = key => fill(step.with?.[key] ?? '', context, job)
	const keep = path.join(state, 'artifacts', value('name'))
	if (step.uses.includes('download-artifact')) {
		if (!existsSync(keep)) return { outcome: 'failure', outputs: {} }
		cpSync(keep, value('path') || '.', { recursive: true })
		return { outcome: 'success', outputs: {} }
	}
	const found = value('path').split('\n').filter(f => f && existsSync(f))
	mkdirSync(keep, { recursive: true })
	found.forEach(f => cpSync(f, path.join(keep, path.basename(f)), { recursive: true }))
	const bad = !found.length && value('if-no-files-found') === 'error'
	return { outcome: bad ? 'failure' : 'success', outputs: {} }
}

// a composite action: ./DIR of the workspace, or one that --uses maps
function composite(step, context, environment, job) {
	const [owner, repo, ...below] = step.uses.split('@')[0].split('/')
	const dir = step.uses.startsWith('./') ? step.uses
		: path.join(values.uses[`${owner}/${repo}`] ?? '/nowhere', ...below)
	if (!existsSync(path.join(dir, 'action.yml'))) {
		console.log(`-- uses ${step.uses}: not run here`)
		return { outcome: 'success', outputs: {} }
	}
	const action = YAML.parse(readFileSync(path.join(dir, 'action.yml'), 'utf8'))
	const inner = { ...context, steps: {}, inputs: {},
		github: { ...context.github, action_path: path.resolve(dir), action_repository: `${owner}/${repo}` } }
	for (const [k, v] of Object.entries(action.inputs ?? {}))
		inner.inputs[k] = fill(step.with?.[k] ?? v.default ?? '', step.with?.[k] === undefined ? inner : context, job)
	const mine = { status: 'success' }
	steps(action.runs.steps, inner, mine, {}, environment)
	return { outcome: mine.status, outputs: Object.fromEntries(
		Object.entries(action.outputs ?? {}).map(([k, v]) => [k, fill(v.value, inner, mine)])) }
}

function steps(list, context, job, defaults, environment) {
	for (const step of list) {
		const name = step.name ?? step.id ?? step.uses ?? step.run.split('\n')[0]
		if (!holds(step.if, context, job)) {
			console.log(`-- skipped: ${name}`)
			continue
		}
		const { outcome, outputs } = step.run !== undefined ? run(step, context, job, defaults, environment)
			: /^actions\/(up|down)load-artifact@/.test(step.uses) ? artifact(step, context, job)
			: composite(step, context, environment, job)
		const conclusion = outcome === 'failure' && step['continue-on-error'] ? 'success' : outcome
		if (step.id) context.steps[step.id] = { outcome, conclusion, outputs }
		if (conclusion === 'failure') job.status = 'failure'
		console.log(`-- ${conclusion}: ${name}`)
	}
}

function inputsOf(workflow) {
	const found = {}
	for (const [k, v] of Object.entries(workflow.on?.workflow_call?.inputs ?? {})) {
		const given = values.input[k] ?? v.default ?? ''
		if (v.required && values.input[k] === undefined) throw new Error(`input ${k} is required`)
		found[k] = v.type === 'boolean' ? String(given) === 'true' : v.type === 'number' ? Number(given) : given
	}
	for (const k of Object.keys(values.input))
		if (!(k in found)) throw new Error(`there is no input ${k}`)
	return found
}

const workflow = YAML.parse(readFileSync(file, 'utf8'))
const inputs = inputsOf(workflow), needs = {}
const jobs = Object.entries(workflow.jobs), done = new Set()
let failed = false
while (done.size < jobs.length) {
	const [id, job] = jobs.find(([i, j]) => !done.has(i) && [j.needs ?? []].flat().every(n => done.has(n)))
	const status = { status: [job.needs ?? []].flat().some(n => needs[n].result !== 'success') ? 'failure' : 'success' }
	const context = { inputs, needs, steps: {}, env: {}, secrets: values.secret, vars: {}, matrix: {}, strategy: {},
		github: { ref: 'refs/heads/main', run_number: '7', run_id: values['run-id'] || '7', token: '', workspace: process.cwd(),
			event: typeof values.event === 'string' ? JSON.parse(readFileSync(values.event, 'utf8')) : {} },
		runner: { os: 'Linux', arch: 'X64', temp }, job: { status: status.status } }
	for (const [k, v] of Object.entries({ ...workflow.env, ...job.env })) context.env[k] = fill(v, context, status)
	const go = holds(job.if, context, status)
	console.log(`== job ${id}${go ? '' : ' (skipped)'}`)
	if (go)
		steps(job.steps, context, status, job.defaults?.run ?? workflow.defaults?.run ?? {}, { ...context.env })
	needs[id] = { result: go ? status.status : 'skipped', outputs: Object.fromEntries(
		Object.entries(job.outputs ?? {}).map(([k, v]) => [k, go ? fill(v, context, status) : ''])) }
	failed ||= go && status.status !== 'success'
	done.add(id)
}
process.exit(failed ? 1 : 0)
