import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>A machine that says what comes next</h2>
    <p>
      A language model reads some tokens and gives every possible next token a probability. Writing is nothing but this,
      again and again: choose one, add it, ask anew. This one is built like GPT-2, only a thousand times smaller, and it
      learns in this page.
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        Press <b>Play</b> and read the samples: first noise, then letters as frequent as in the text, then words, then
        sentences in which the animal stays the same.
      </li>
      <li>
        Stop, type <code>The old owl</code> as the prompt and choose tokens yourself. Where is the model sure, and where
        are there many branches?
      </li>
      <li>
        Move <b>temperature</b>: at 0 it always takes the likeliest, above 1 it becomes reckless. Then cut with{' '}
        <b>top-k</b>, <b>top-p</b> and <b>min-p</b>, and watch the columns.
      </li>
      <li>
        Look for a head that looks at the token before, and one that looks at the last space. Switch it off: what does
        the table say now?
      </li>
      <li>
        The scene <b>Additions</b> asks for more than style. Does it learn to carry?
      </li>
    </ol>
    <h2>The formula</h2>
    <p>Each head mixes what earlier tokens offer, by how well they answer its question:</p>
    <p class="formula block">
      <Formula of="A = softmax(Q K^T / √d + mask) V" />
    </p>
    <p>Scores z of all tokens become probabilities, with a temperature τ:</p>
    <p class="formula block">
      <Formula of="p_i = e^{z_i/τ} / Σ_j e^{z_j/τ}" />
    </p>
    <p>Training makes the text’s own next token likelier:</p>
    <p class="formula block">
      <Formula of="L = − mean log p_{next token}" />
    </p>
    <p class="muted">
      Vaswani et al. 2017 (attention); Radford et al. 2019 (GPT-2); Holtzman et al. 2020 (top-p); Nguyen et al. 2024
      (min-p).
    </p>
  </>
)
