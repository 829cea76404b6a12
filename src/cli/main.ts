#!/usr/bin/env node
import { doctorCommand } from './doctor.ts'
import { evalCommand } from './eval.ts'
import { generateCommand } from './generate.ts'
import { processIo } from './io.ts'
import { modelExportCommand } from './model-export.ts'
import { modelSummaryCommand } from './model-summary.ts'
import { predictCommand } from './predict.ts'
import { runCli } from './run.ts'
import { trainDetectorCommand } from './train-detector.ts'
import { trainDigitsCommand } from './train-digits.ts'
import { trainGptCommand } from './train-gpt.ts'

const commands = [
  trainGptCommand,
  trainDigitsCommand,
  trainDetectorCommand,
  evalCommand,
  predictCommand,
  generateCommand,
  modelSummaryCommand,
  modelExportCommand,
  doctorCommand,
]

process.exitCode = await runCli(process.argv.slice(2), commands, processIo())
