// The turns of one side, timed: the same in a process (serve.mjs) and in a page (browser/page/main.mjs).

/** Adds up the time spent inside ONNX Runtime's run, from outside. */
export const watchEngine = ({ InferenceSession: { prototype } }) => {
  const { run } = prototype
  const watch = { ms: 0 }
  prototype.run = async function (...args) {
    const start = performance.now()
    try {
      return await run.apply(this, args)
    } finally {
      watch.ms += performance.now() - start
    }
  }
  return watch
}

/** Answers requests for turns of a side; `engine` is what watches its ONNX Runtime, where it has one. */
export const turnsOf = ({ draw = () => [], step, read = x => x, turn }, engine = null) => {
  let first = null
  let done = 0
  /** Steps one after another, timed without drawing the batch and reading the value. */
  const steps = async (count, limit) => {
    const ms = []
    const values = []
    const engineMs = []
    const end = performance.now() + limit
    while (ms.length < count && (ms.length === 0 || performance.now() < end)) {
      const batch = await draw(done++)
      if (engine) engine.ms = 0
      const start = performance.now()
      const out = await step(...batch)
      ms.push(performance.now() - start)
      if (engine) engineMs.push(engine.ms)
      values.push(await read(out))
    }
    return { ms, values, ...(engine && { engineMs }) }
  }
  return async request => {
    // A side that steps by itself, in a loop of its library, takes the whole turn.
    const { values, ...times } = await (turn ? turn(request.steps) : steps(request.steps, request.limit))
    first ??= values[0]
    return { ...times, first, last: values.at(-1) }
  }
}
