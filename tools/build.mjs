// Builds dist: emptied first, so that a file deleted in src does not live on there; then the library, and what is made of it.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const at = path => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Compiles by a configuration; errors are tsc's own. */
const compile = config => {
  try {
    execFileSync(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', at(config)], { stdio: 'inherit' })
  } catch {
    process.exit(1)
  }
}

rmSync(at('dist'), { recursive: true, force: true })

// The library and the command, which is made executable, as npx runs it.
compile('tsconfig.build.json')
chmodSync(at('dist/cli/main.js'), 0o755)

// The studio's labs for Node: `gradus lab`. They import the library as it was just built.
const labs = existsSync(at('studio/labs')) ? readdirSync(at('studio/labs')) : []
if (labs.some(name => existsSync(at(`studio/labs/${name}/core.ts`)))) compile('tsconfig.labs.json')
else console.warn('There are no labs in studio/labs: gradus lab is built without any.')

// The studio's page.
await build({ configFile: at('studio/vite.config.ts'), logLevel: 'error' })
