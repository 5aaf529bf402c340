/** The shells that there is completion for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

const BASH = `# bash completion of fleetcert
_fleetcert() {
  local word meaning
  COMPREPLY=()
  while IFS=$'\\t' read -r word meaning; do
    COMPREPLY+=("$word")
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _fleetcert fleetcert`;

const ZSH = `#compdef fleetcert
_fleetcert() {
  local word meaning
  local -a found
  while IFS=$'\\t' read -r word meaning; do
    found+=("$word:$meaning")
  done < <("$words[1]" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#found )); then _describe fleetcert found; else _files; fi
}
if [[ "$funcstack[1]" == _fleetcert ]]; then _fleetcert; else compdef _fleetcert fleetcert; fi`;

const FISH = `# fish completion of fleetcert
function __fleetcert_complete
    set -l line (commandline -opc)
    $line[1] complete -- $line[2..-1] (commandline -ct) 2>/dev/null
end
complete -c fleetcert -f -a '(__fleetcert_complete)'
complete -c fleetcert -l input -r -F
complete -c fleetcert -l output -r -F`;

/**
 * What a shell sources: at each Tab it asks `fleetcert complete -- WORDS` for lines of a word, a tab and its meaning.
 * The words go there as they are: the shell evaluates none of them, whatever has been typed.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
