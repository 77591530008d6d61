// page-check FILE [DIRECTORY] - look at a page in headless Chromium, on a phone and on a desk, light and dark: nothing is
// wider than the window, nothing is fetched, nothing is said to the console, and axe finds no violation. Screenshots go
// to DIRECTORY.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const modules = path.resolve(process.env.NODE_MODULES);
const require = createRequire(path.join(modules, 'x.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [file, directory] = process.argv.slice(2);
const url = pathToFileURL(path.resolve(file)).href;
const windows = [{ name: 'phone', width: 390, height: 844 }, { name: 'desk', width: 1280, height: 900 }];
const wrong = [];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
for (const { name, width, height } of windows)
	for (const colorScheme of ['light', 'dark']) {
		const where = `${name}, ${colorScheme}`;
		const page = await browser.newPage({ viewport: { width, height }, colorScheme });
		page.on('request', (r) => r.url() !== url && wrong.push(`${where}: fetches ${r.url()}`));
		page.on('console', (m) => wrong.push(`${where}: console: ${m.text()}`));
		page.on('pageerror', (e) => wrong.push(`${where}: ${e}`));
		await page.goto(url);
		const wide = await page.evaluate(() => [...document.querySelectorAll('body, body *')]
			.filter((x) => !x.closest('[tabindex]') && x.getBoundingClientRect().right > innerWidth + 0.5)
			.map((x) => x.outerHTML.slice(0, 80)));
		const across = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		if (across > 0 || wide.length)
			wrong.push(`${where}: ${across} pixels too wide: ${wide.slice(0, 3).join(' ')}`);
		if (directory)
			await page.screenshot({ path: path.join(directory, `${name}-${colorScheme}.png`), fullPage: true });
		await page.evaluate(axe);
		const { violations } = await page.evaluate(() => axe.run());
		for (const v of violations)
			wrong.push(`${where}: ${v.id}: ${v.help}: ${v.nodes[0].html}`);
		await page.close();
	}
await browser.close();
for (const text of wrong)
	console.log(text);
process.exit(wrong.length ? 1 : 0);
