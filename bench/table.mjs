/** Rows of text under a heading, aligned: the first column to the left, the others to the right. */
export const table = (head, rows) => {
  const lines = [head, ...rows].map(row => row.map(String))
  const widths = head.map((_, i) => Math.max(...lines.map(line => line[i].length)))
  const text = lines.map(line =>
    line.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[0]))).join('  '),
  )
  text.splice(1, 0, widths.map(width => '─'.repeat(width)).join('  '))
  return text.map(line => line.trimEnd()).join('\n')
}

/** The value below which a share of the values lies, between neighbours in proportion. */
export const quantile = (values, share) => {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)]
  return low + (sorted[Math.ceil(at)] - low) * (at % 1)
}
export const median = values => quantile(values, 0.5)

export const megabytes = bytes => (bytes === null ? '?' : `${Math.round(bytes / 2 ** 20)} MiB`)
