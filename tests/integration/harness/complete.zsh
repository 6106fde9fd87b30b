# Prints what zsh offers to complete a line, one word per line, by typing it into a real zsh.
# usage: zsh -f complete.zsh FOLDER-OF-THE-COMPLETION LINE
zmodload zsh/zpty
zpty shell zsh -f -i

# What the inner shell says until it prints the mark.
typeset -g seen
until_mark() {
  local part
  seen=
  while [[ $seen != *$1* ]]; do
    zpty -r shell part || return 1
    seen+=$part
  done
}

# compadd is what every completion function offers its words through; -D and -O only sort arrays.
zpty -w shell "PS1= PS2=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell 'compadd() {
  typeset -a __found
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    builtin compadd -A __found "$@"
    local __word
    for __word in "${__found[@]}"; do print -r -- "OFFERED $__word"; done
  fi
  builtin compadd "$@"
}'
zpty -w shell 'finished() { print -r -- "DONE""MARK" }
zle -C offer list-choices _main_complete
complete-and-tell() { zle offer; finished; zle kill-whole-line }
zle -N complete-and-tell; bindkey "^I" complete-and-tell'
zpty -w shell 'print -r -- "READY""MARK"'
until_mark READYMARK
zpty -n -w shell "$2"$'\t'
until_mark DONEMARK
for line in ${(f)${seen//$'\r'/}}; do
  [[ $line == *OFFERED\ * ]] && print -r -- ${line##*OFFERED }
done
zpty -d shell
