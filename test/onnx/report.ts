/** What became of a case: why it is left out, or the message of each engine that failed. */
export interface Outcome {
  readonly excluded: string | null
  readonly failures: Map<string, string>
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The outcomes as a page: how many pass on each engine, then every other case with its reason. */
export const report = (outcomes: ReadonlyMap<string, Outcome>, engines: readonly string[]): string => {
  const all = [...outcomes]
  const inside = all.filter(([, o]) => o.excluded === null)
  const reasons = new Map<string, [string, Outcome][]>()
  for (const entry of all) {
    const why = entry[1].excluded
    if (why !== null) reasons.set(why, [...(reasons.get(why) ?? []), entry])
  }
  const counts = engines.map(engine => {
    const passed = inside.filter(([, o]) => !o.failures.has(engine)).length
    return `| ${engine} | ${passed} | ${inside.length} | ${((100 * passed) / Math.max(inside.length, 1)).toFixed(1)} % |`
  })
  const misses = inside.flatMap(([name, o]) =>
    [...o.failures].map(([engine, why]) => `| \`${name}\` | ${engine} | ${cell(why)} |`),
  )
  return [
    '# ONNX import',
    '',
    '`importOnnx(bytes)` and `importOnnxFile(path)` from `gradus/io` give a module whose weights are parameters under the file’s names, and',
    'whose `run(inputs)` builds a graph of Gradus operations: it can be differentiated, compiled, mapped over a batch and trained on.',
    '',
    '- Values that shape the graph (of a `Reshape`, a `NonZero`, a branch or a loop’s condition) must be known while it is built: constants of',
    '  the file, shapes, and whatever follows from inputs that hold values. Loops are unrolled; a scan is one loop, whatever its length.',
    '- A float32 initializer of at least one axis that flows through differentiable operators into an output is a parameter, unless it holds',
    '  infinities as masks do; the running statistics of batch normalisation are state; the rest is constant. `train()` and `eval()` change nothing: the file decides.',
    '- At most 2²⁸ elements a value (`{ maxElements }`), 100,000 nodes a run (`{ maxNodes }`), and 2²⁶ elements to learn a value while building.',
    '',
    '## The backend suite',
    '',
    `Written by \`GRADUS_WRITE_DOCS=1 npm run test:onnx\` from ${all.length} cases of the node tests of ONNX 1.22. A case passes when the`,
    'imported model gives every output with the right dtype, shape and values (rtol 1e-3, atol 1e-7, as in the suite’s own runner; two units of the last place in 16 bits; integers',
    'exactly). Of operators that draw random numbers only dtype and shape are compared.',
    '',
    '| engine | passed | of | |',
    '|---|---:|---:|---:|',
    ...counts,
    '',
    '### Misses',
    '',
    ...(misses.length > 0 ? ['| case | engine | reason |', '|---|---|---|', ...misses] : ['None.']),
    '',
    '### Outside',
    '',
    'Cases about what Gradus has no values for.',
    '',
    '| reason | number | cases |',
    '|---|---:|---|',
    ...[...reasons]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([why, list]) =>
          `| ${why} | ${list.length} | ${list.map(([name]) => `\`${name.replace(/^test_/, '')}\``).join(', ')} |`,
      ),
    '',
  ].join('\n')
}
