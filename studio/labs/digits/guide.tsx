import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>A window that slides</h2>
    <p>
      A convolution lays a small window of weights, the kernel, on every place of an image, multiplies each weight with
      the cell under it and adds up. The same few weights are used everywhere, so that an edge is found wherever it is.
    </p>
    <p>
      People used to choose the kernels. A convolutional network learns them: each layer looks at the maps of the one
      before it, and pooling makes the maps smaller, so that later windows see more of the image.
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        Press <b>Sobel on a step</b> and point at the cells of the output: it is 0 where the window sees only one side
        of the edge. What does Sobel y see?
      </li>
      <li>
        Change the stride and the padding. For which of them has the output the size of the input? Check with the
        formula.
      </li>
      <li>
        Press <b>Learn digits</b>, then Play. Draw a digit on the pad, small and in a corner: it is moved to the middle
        before the network gets it. Then draw one that could be two digits.
      </li>
      <li>Set the convolution's input to the image, and look for a learned kernel that does what Sobel does.</li>
      <li>
        Press <b>Learn from 100</b>: the loss falls even further than before, but fewer test digits are right. Then let
        the images be turned and moved.
      </li>
      <li>Press a mistake. Is it the network's, or would you have read it so yourself?</li>
    </ol>
    <h2>The formula</h2>
    <p>A cell of the output, for a kernel w and a stride s:</p>
    <p class="formula block">
      <Formula of="y_{rc} = Σ_{ij} w_{ij} · x_{(rs+i)(cs+j)}" />
    </p>
    <p>Rows and columns of the output, for n of the input, p zeros around it and k of the kernel:</p>
    <p class="formula block">
      <Formula of="out = ⌊(n + 2p − k) / s⌋ + 1" />
    </p>
    <p>Grad-CAM weights the maps of the last convolution by their mean slope for the class:</p>
    <p class="formula block">
      <Formula of="L = relu(Σ_k α_k A^k),   α_k = mean ∂z/∂A^k" />
    </p>
    <p class="muted">
      Networks of this kind: LeCun, Bottou, Bengio and Haffner (1998). Grad-CAM: Selvaraju et al. (2017). The digits are
      drawn by a program, in the manner of MNIST.
    </p>
  </>
)
