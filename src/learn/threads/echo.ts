/** Gives the job back with the sum of what is shared: shows that threads work. */
export const run = ({ numbers }: { readonly numbers: Float64Array }, job: number): number => {
  if (job < 0) throw new RangeError(`echo: the job is ${job}.`)
  return job + numbers.reduce((a, b) => a + b, 0)
}
