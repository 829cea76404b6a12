import { Canvas } from '../../kit/canvas/canvas.tsx'
import { shown } from '../../kit/canvas/scale.ts'
import { rowPicture } from './pictures.ts'
import type { EmbeddingShot, RowAnswer } from './shot.ts'

const mostColumns = 10

/** One row: its picture or its numbers, and its neighbours in the data. */
export const RowPart = ({ answer, shot }: { readonly answer: RowAnswer; readonly shot: EmbeddingShot }) => {
  const { neighbours, near, labels, values, label, distances } = answer
  const kept = neighbours.filter(i => near.includes(i)).length
  const told = `${kept} of its ${neighbours.length} nearest rows in the data are among its ${near.length} nearest points here.`
  return (
    <>
      {shot.pixels > 0 && answer.pictures.length > 0 ? (
        <Canvas
          label="The row and its neighbours"
          describe={`${shot.colouring.name} ${label}; its neighbours: ${labels.join(', ')}.`}
          height={128}
          draw={(ctx, size, theme) => rowPicture(ctx, size, answer, shot.pixels, theme)}
        />
      ) : (
        <table>
          <tbody>
            {shot.columns.slice(0, mostColumns).map((name, j) => (
              <tr key={name}>
                <th>{name}</th>
                <td>{shown(values[j]!, 5)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p>
        {shot.colouring.name} <b>{label}</b>; {told}
      </p>
      <p class="muted">
        Nearest in the data:{' '}
        {neighbours
          .slice(0, 5)
          .map((i, c) => `${labels[c]} (row ${i}, ${shown(distances[c]!, 3)})`)
          .join(', ')}
        {neighbours.length > 5 ? ', …' : '.'}
        {shot.pixels > 0 && ' Framed: near here as well.'}
      </p>
    </>
  )
}
