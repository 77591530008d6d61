// serve - the files of a directory over HTTP, on a free port of the loopback: serve.mjs PORTFILE DIRECTORY
import { createServer } from 'node:http'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const [portfile, root] = process.argv.slice(2)
const server = createServer((request, answer) => {
	try {
		answer.end(readFileSync(path.join(root, decodeURIComponent(new URL(request.url, 'http://x').pathname))))
	} catch {
		answer.writeHead(404).end()
	}
})
server.listen(0, '127.0.0.1', () => writeFileSync(portfile, String(server.address().port)))
// ends with whoever started it
setInterval(() => { if (process.ppid === 1) process.exit() }, 200)
