import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'

/** A Python that has PyTorch: GRADUS_PYTHON, else python3; or why there is none. */
export const findPython = () => {
  const asked = process.env.GRADUS_PYTHON
  const python = asked || 'python3'
  const { error, status } = spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' })
  if (!error && status === 0) return { python }
  const why = error ? `${python} cannot be started (${error.code})` : `${python} has no PyTorch`
  return { why: asked ? why : `${why}; name one that has it in GRADUS_PYTHON` }
}

/** A number that Linux tells of a process, or null elsewhere. */
const ofProcess = (pid, file, read) => {
  try {
    return read(readFileSync(`/proc/${pid}/${file}`, 'utf8'))
  } catch {
    return null
  }
}

/**
 * Starts a script that prints a JSON line when ready and one for each JSON line it is sent. In between it waits on its input.
 */
export const startServer = async (python, script, args) => {
  const child = spawn(python, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((_, reject) => {
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`${basename(script)} ended with code ${code}`)))
  })
  ended.catch(() => {})
  child.stdin.on('error', () => {}) // its end is told by the exit code
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await Promise.race([lines.next(), ended])
    return done ? ended : JSON.parse(value)
  }
  return {
    ready: await answer(),
    ask: request => {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      return answer()
    },
    /** Resident memory in bytes. */
    memory: () => ofProcess(child.pid, 'status', text => Number(/VmRSS:\s+(\d+) kB/.exec(text)[1]) * 1024),
    /** Time on processors so far in ms, to 10 ms. */
    cpuTime: () =>
      ofProcess(child.pid, 'stat', text => {
        const [user, system] = text
          .slice(text.lastIndexOf(')') + 2)
          .split(' ')
          .slice(11, 13)
        return (Number(user) + Number(system)) * 10
      }),
    close: async () => {
      child.stdin.end()
      await ended.catch(() => {})
    },
  }
}
