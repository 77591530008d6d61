// sarif-check FILE... - is each a log of SARIF 2.1.0? The types of @types/sarif are made from the standard's schema:
// a member that is missing, unknown or of another kind is an error of the compiler; what types cannot say is looked at
// here.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const modules = path.resolve(process.env.NODE_MODULES);
const ts = createRequire(path.join(modules, 'x.js'))('typescript');

// Objects are written out in place: only so does the compiler refuse members that it does not know.
function compile(name, text) {
	const file = path.join(modules, `${name}.ts`);
	const source = `import type { Log } from 'sarif';\nexport const log: Log = ${text};\n`;
	const options = { noEmit: true, strict: true, types: [], exactOptionalPropertyTypes: true };
	const host = ts.createCompilerHost(options);
	const { getSourceFile, fileExists, readFile } = host;
	host.fileExists = (f) => f === file || fileExists(f);
	host.readFile = (f) => f === file ? source : readFile(f);
	host.getSourceFile = (f, ...rest) => f === file ? ts.createSourceFile(f, source, ...rest) : getSourceFile(f, ...rest);
	const program = ts.createProgram([file], options, host);
	return ts.getPreEmitDiagnostics(program).map((d) => ts.flattenDiagnosticMessageText(d.messageText, ' '));
}

function look(log) {
	const wrong = [];
	for (const run of log.runs ?? []) {
		const rules = run.tool?.driver?.rules ?? [];
		const ids = rules.map((r) => r.id);
		if (new Set(ids).size !== ids.length)
			wrong.push('two rules have one id');
		for (const r of run.results ?? []) {
			if (r.ruleIndex !== undefined && ids[r.ruleIndex] !== r.ruleId)
				wrong.push(`result of ${r.ruleId}: its index is another rule's`);
			if (!Object.keys(r.partialFingerprints ?? {}).length)
				wrong.push(`result of ${r.ruleId}: no fingerprint`);
			for (const l of r.locations ?? []) {
				const { artifactLocation: a, region } = l.physicalLocation ?? {};
				if (a && (/[^\x21-\x7e]|["<>\\^`{|}]|%(?![0-9A-Fa-f]{2})/.test(a.uri) || a.uri.startsWith('/')))
					wrong.push(`no relative URI: ${a.uri}`);
				if (region && !(Number.isInteger(region.startLine) && region.startLine >= 1))
					wrong.push(`no line: ${region.startLine}`);
			}
		}
	}
	return wrong;
}

let bad = 0;
for (const f of process.argv.slice(2)) {
	const text = readFileSync(f, 'utf8');
	for (const message of [...compile(`sarif-${process.pid}`, text), ...look(JSON.parse(text))]) {
		console.log(`${f}: ${message}`);
		bad = 1;
	}
}
process.exit(bad);
