# Types into a shell on a terminal: `zsh -f type.zsh SHELL SETUP LINE`, where SETUP prints READY once the shell is set up, and LINE has
# \t for the key Tab. Prints what the shell prints until it ends.
zmodload zsh/zpty
zpty shell "$1"
zpty -w shell "$2"
zpty -r -m shell said '*READY*' || { print -r -- "not ready: $said"; exit 1 }
zpty -w shell "${(g::)3}"
zpty -w shell exit
while zpty -r shell said; do print -rn -- "$said"; done
