import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>A text falls into pieces</h2>
    <p>
      A language model sees no letters, only numbers. A tokenizer cuts a text into pieces that it knows, and gives each
      its number. Few, long pieces make texts short for the model; but each piece must come often enough to be learned.
    </p>
    <p>
      Byte-pair encoding begins with the 256 bytes. Each step looks for the pair of neighbours that comes most often,
      and makes one token of it. Nothing is ever unknown: what is rare stays in bytes.
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        Press <b>aaabdaaabac</b>: which pair is merged first, and why? Count it by hand; pairs may overlap. Then go one
        step on.
      </li>
      <li>
        Press <b>Several languages</b>, then Play, and go back step by step. When does the first whole Japanese
        character appear? What does a rocket cost at first?
      </li>
      <li>
        Press <b>Learned on English only</b>: the same vocabulary cuts other languages into far more tokens. Whoever
        pays by the token pays for that.
      </li>
      <li>Compare byte pairs with WordPiece, and read below whether the text comes back. What is lost?</li>
      <li>Open a tokenizer.json of a model that you know, and type the same sentence in two languages.</li>
    </ol>
    <h2>The formula</h2>
    <p>A step of byte pairs merges</p>
    <p class="formula block">
      <Formula of="(a, b) = the pair with max count(a b)" />
    </p>
    <p>Unigram takes, of all ways to cut a word, the likeliest:</p>
    <p class="formula block">
      <Formula of="x_1 … x_n  with  max Σ_i log p(x_i)" />
    </p>
    <p class="muted">
      Byte pairs for words: Sennrich, Haddow and Birch (2016); of bytes: Radford et al. (2019). WordPiece: Wu et al.
      (2016). Unigram: Kudo (2018).
    </p>
  </>
)
