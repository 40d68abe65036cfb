import { toPrintableLine } from '../output/printable.ts';
import type { Completion } from './complete-words.ts';

/** What the shell does besides offering the words, as a sum, in the manner of cobra. */
const NO_FILES = 4;
const FILES = 0;

/** What `slipway __complete` prints: a word a line, maybe with a tab and what it means, then `:` and the sum of what the shell does. */
export function renderCompletion(completion: Completion): string {
  if (completion.kind === 'files') return `:${FILES}\n`;
  const lines = completion.candidates
    // A word with white space in it cannot be typed as it is.
    .filter(({ word }) => /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(word))
    .map(({ word, help }) => (help === undefined ? word : `${word}\t${toPrintableLine(help)}`));
  return `${[...lines, `:${NO_FILES}`].join('\n')}\n`;
}

/** The script that makes bash complete `slipway`: `source <(slipway completion bash)`. It needs nothing but bash. */
export function renderBashCompletion(): string {
  return BASH;
}

const BASH = String.raw`# bash completion for slipway

_slipway() {
  # Bash cuts words at : and = too, and image names and flags have them.
  local words=() word tail prefix rest="$COMP_LINE" joined='' i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word="${'$'}{COMP_WORDS[i]}"
    if [[ -n $joined ]]; then
      words[${'$'}{#words[@]}-1]+="$word"
    else
      words+=("$word")
    fi
    rest="${'$'}{rest#*"$word"}"
    joined=1
    [[ $rest == [[:space:]]* ]] && joined=''
  done

  local current="${'$'}{words[${'$'}{#words[@]}-1]}"
  tail="${'$'}{COMP_WORDS[COMP_CWORD]}"
  [[ $tail == [:=] ]] && tail=''
  prefix="${'$'}{current%"$tail"}"

  local answer line
  answer="$("${'$'}{words[0]}" __complete -- "${'$'}{words[@]:1}" 2>/dev/null)" || return 0
  COMPREPLY=()
  while IFS=$'\t' read -r line _; do
    [[ -n $line && $line != :* ]] && COMPREPLY+=("${'$'}{line#"$prefix"}")
  done <<<"$answer"
  (((${'$'}{answer##*:} & 4) == 0)) && compopt -o default
  return 0
}

complete -F _slipway slipway
`;
