import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A number that Linux tells of a process, or null elsewhere. */
const ofProcess = (pid, file, read) => {
  try {
    return read(readFileSync(`/proc/${pid}/${file}`, 'utf8'))
  } catch {
    return null
  }
}

/** The line of a failed program's standard error that says why: the last but for its own frame. */
const reasonIn = text => {
  const lines = text.split('\n').map(line => line.trim())
  const said = lines.filter(line => /^\w*(Error|Exception)\b.*:/.test(line))
  return (said.at(-1) ?? lines.findLast(Boolean) ?? 'it said nothing').slice(0, 200)
}

/** Starts a program that prints a JSON line when ready and one for each JSON line it is sent. In between it waits on its input. */
export const startServer = async (command, args, { patience = 300_000, env = {} } = {}) => {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let said = ''
  child.stderr.on('data', chunk => {
    said = (said + chunk).slice(-20_000)
  })
  const ended = new Promise((_, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      reject(new Error(signal ? `ended by ${signal}` : reasonIn(said), { cause: code })),
    )
  })
  ended.catch(() => {})
  child.stdin.on('error', () => {}) // its end is told by the exit code
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async () => {
    for (;;) {
      const { value, done } = await Promise.race([lines.next(), ended])
      if (done) return ended
      if (value.startsWith('{')) return JSON.parse(value) // libraries greet on standard output, too
    }
  }
  /** The next answer; a program that takes too long is ended. */
  const answer = async () => {
    let tired = false
    const timer = setTimeout(() => {
      tired = true
      child.kill('SIGKILL')
    }, patience)
    try {
      return await line()
    } catch (error) {
      throw tired ? new Error(`no answer within ${patience / 1000} s`) : error
    } finally {
      clearTimeout(timer)
    }
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
    kill: () => child.kill('SIGKILL'),
    close: async () => {
      child.stdin.end()
      await ended.catch(() => {})
    },
  }
}

/** A Python that has PyTorch: GRADUS_PYTHON, else python3; or why there is none. */
export const findPython = () => {
  const asked = process.env.GRADUS_PYTHON
  const python = asked || 'python3'
  const { error, status } = spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' })
  if (!error && status === 0) return { python }
  const why = error ? `${python} cannot be started (${error.code})` : `${python} has no PyTorch`
  return { why: asked ? why : `${why}; name one that has it in GRADUS_PYTHON` }
}
