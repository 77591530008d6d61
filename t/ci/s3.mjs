// s3.mjs DIRECTORY PORT-FILE FAULTS - s3rver with one bucket, "backups", behind a proxy that makes faults. FAULTS is a
// file with a line for each: METHOD PATTERN COUNT ACTION; each is read anew for every request, and its first COUNT
// requests that match get the ACTION: an HTTP status to answer with, "cut" the connection in the middle of what
// is sent, "flip" a bit of it, "lose" the answer to what has been done, "hang": never answer.
import { createRequire } from 'node:module';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
const require = createRequire(process.env.NPM + '/package.json');
const S3rver = require('s3rver');

const [directory, portFile, faultFile] = process.argv.slice(2);
process.on("uncaughtException", (error) => console.error(error));
const server = new S3rver({ directory, port: 0, address: '127.0.0.1', silent: true, vhostBuckets: false,
	configureBuckets: [{ name: 'backups' }] });
const { port } = await server.run();
const seen = new Map();

function faultFor(request) {
	for (const line of readFileSync(faultFile, 'utf8').split('\n')) {
		const [method, pattern, count, action] = line.split(' ');
		if (!action || method !== request.method || !request.url.includes(pattern)) continue;
		const times = (seen.get(line) ?? 0) + 1;
		seen.set(line, times);
		if (times <= Number(count)) return action;
	}
}

// "Authenticating Requests (AWS Signature Version 4)", for the key S3RVER with the secret S3RVER
function isSigned(request) {
	const match = /^AWS4-HMAC-SHA256 Credential=S3RVER\/([^,]*), SignedHeaders=([^,]*), Signature=(.*)$/
		.exec(request.headers.authorization);
	if (!match) return false;
	const [, scope, names, signature] = match;
	const [path, query = ''] = request.url.split('?');
	const headers = names.split(';').map((name) => `${name}:${request.headers[name].trim()}\n`).join('');
	const canonical = [request.method, path, query.split('&').sort().join('&'), headers, names,
		request.headers['x-amz-content-sha256']].join('\n');
	const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope,
		createHash('sha256').update(canonical).digest('hex')].join('\n');
	const key = scope.split('/').reduce((k, word) => createHmac('sha256', k).update(word).digest(), 'AWS4S3RVER');
	return createHmac('sha256', key).update(text).digest('hex') === signature &&
		names.includes('host') && names.includes('x-amz-content-sha256');
}

const proxy = http.createServer((request, response) => {
	const action = isSigned(request) ? faultFor(request) : 403;
	appendFileSync(`${directory}.log`, `${request.method} ${request.url}${action ? ' ' + action : ''}\n`);
	if (Number(action)) {
		request.resume();
		request.on('end', () => response.writeHead(Number(action)).end());
		return;
	}
	if (action === 'cut') {
		request.once('data', () => request.socket.destroy());
		return;
	}
	if (action === 'hang') return void request.resume();
	const headers = { ...request.headers };
	const inner = http.request({ port, host: '127.0.0.1', method: request.method, path: request.url, headers }, (answer) => {
		if (action === 'lose') {
			answer.resume();
			answer.on('end', () => request.socket.destroy());
			return;
		}
		response.writeHead(answer.statusCode, answer.rawHeaders);
		answer.pipe(response);
	});
	inner.on('error', () => request.socket.destroy());
	request.on('error', () => inner.destroy());
	let flipped = action !== 'flip';
	request.on('data', (data) => {
		if (!flipped) data[0] ^= 1;
		flipped = true;
		inner.write(data);
	});
	request.on('end', () => inner.end());
});
proxy.listen(0, '127.0.0.1', () => writeFileSync(portFile, `${proxy.address().port}\n`));
