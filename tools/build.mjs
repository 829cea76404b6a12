// Builds dist: emptied first, so that a file deleted in src does not live on there; the command made executable, as npx runs it.
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const at = path => fileURLToPath(new URL(`../${path}`, import.meta.url))
rmSync(at('dist'), { recursive: true, force: true })
try {
  execFileSync(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', at('tsconfig.build.json')], {
    stdio: 'inherit',
  })
} catch {
  process.exit(1)
}
chmodSync(at('dist/cli/main.js'), 0o755)
