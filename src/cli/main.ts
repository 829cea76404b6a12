#!/usr/bin/env node
import type { Command } from './command.ts'
import { doctorCommand } from './doctor.ts'
import { embedCommand } from './embed.ts'
import { evalCommand } from './eval.ts'
import { evalFewShotCommand } from './eval-few-shot.ts'
import { generateCommand } from './generate.ts'
import { labCommand, labCommands } from './lab.ts'
import { processIo } from './io.ts'
import { modelExportCommand } from './model-export.ts'
import { modelSummaryCommand } from './model-summary.ts'
import { predictCommand } from './predict.ts'
import { runCli } from './run.ts'
import { studioCommand } from './studio.ts'
import { trainBertCommand } from './train-bert.ts'
import { trainClassifierCommand } from './train-classifier.ts'
import { trainDetectorCommand } from './train-detector.ts'
import { trainAnyEstimatorCommand } from './train-any-estimator.ts'
import { trainDigitsCommand } from './train-digits.ts'
import { trainFinetuneCommand } from './train-finetune.ts'
import { trainGptCommand } from './train-gpt.ts'
import { trainSeq2SeqCommand } from './train-seq2seq.ts'
import { trainTransformerCommand } from './train-transformer.ts'
import { tokenizeCommand } from './tokenize.ts'
import { trainTokenizerCommand } from './train-tokenizer.ts'
import { translateCommand } from './translate.ts'
import { trainLlamaCommand } from './train-llama.ts'
import { trainLstmCommand } from './train-lstm.ts'
import { trainWord2VecCommand } from './train-word2vec.ts'

const lab = labCommand()
const commands: Command[] = [
  trainGptCommand,
  trainLlamaCommand,
  trainBertCommand,
  trainClassifierCommand,
  trainLstmCommand,
  trainSeq2SeqCommand,
  trainTransformerCommand,
  trainTokenizerCommand,
  trainWord2VecCommand,
  trainDigitsCommand,
  trainDetectorCommand,
  trainAnyEstimatorCommand,
  evalCommand,
  evalFewShotCommand,
  predictCommand,
  generateCommand,
  translateCommand,
  tokenizeCommand,
  embedCommand,
  modelSummaryCommand,
  modelExportCommand,
  lab,
  studioCommand,
  doctorCommand,
]

const argv = process.argv.slice(2)
const verb = argv.findIndex(word => !word.startsWith('-') && word !== 'help')
const next = argv[verb] === 'train' ? argv[verb + 1] : undefined
// A flag in the place of a name: what is there already is trained on. In lists this stands with its first flag.
if (next?.startsWith('-') && next !== '--help' && next !== '-h') commands.push(trainFinetuneCommand)
else commands.push({ ...trainFinetuneCommand, name: 'train --base PATH' })
// The estimators, over a hundred, are loaded only where one of them may be meant.
if (next !== undefined && !next.startsWith('-') && !commands.some(({ name }) => name === `train ${next}`)) {
  const { estimatorCommands } = await import('./train-estimator.ts')
  commands.push(...estimatorCommands())
}
// Labs are built apart, and loaded only where one of them may be meant.
if (argv[verb] === 'lab') commands.splice(commands.indexOf(lab), 1, ...(await labCommands()))

process.exitCode = await runCli(argv, commands, processIo())
