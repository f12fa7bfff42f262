"""``arena completion SHELL``: a static script that asks ``arena __complete`` for candidates."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Parsed
from arena_core.cli.terminal import say
from arena_core.contract.errors import UsageError

BASH = r"""# bash completion for arena; load it with: source <(arena completion bash)
_arena() {
    local word
    COMPREPLY=()
    while IFS=$'\t' read -r word _; do
        if [ "$word" = ":files" ]; then
            compopt -o default 2>/dev/null
        elif [ -n "$word" ]; then
            COMPREPLY+=("$word")
        fi
    done < <(arena __complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    case "${COMPREPLY[0]-}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _arena arena
"""

ZSH = r"""#compdef arena
# zsh completion for arena; load it with: source <(arena completion zsh)
_arena() {
    local word text
    local -a found
    while IFS=$'\t' read -r word text; do
        if [[ "$word" == ":files" ]]; then
            _files
        elif [[ -n "$word" ]]; then
            found+=("${word//:/\\:}:${text}")
        fi
    done < <(arena __complete zsh "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( ${#found} )) && _describe 'arena' found
}
compdef _arena arena
"""

FISH = r"""# fish completion for arena; load it with: arena completion fish | source
function __arena_candidates
    set -l given (commandline -opc) (commandline -ct)
    for line in (arena __complete fish $given[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c arena -f -a '(__arena_candidates)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def run(context: Context, parsed: Parsed) -> int:
    """Print the script of one shell."""
    if len(parsed.args) != 1 or parsed.args[0] not in SCRIPTS:
        raise UsageError("which shell? `arena completion bash`, `zsh` or `fish`", "for example: source <(arena completion bash)")
    say(SCRIPTS[parsed.args[0]])
    return 0


COMMAND = Command(
    "completion",
    "print a completion script for bash, zsh or fish",
    run,
    usage="arena completion bash|zsh|fish",
    details="For this shell only: source <(arena completion bash), or arena completion fish | source.",
    words="shell",
)
