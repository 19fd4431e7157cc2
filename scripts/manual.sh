#!/usr/bin/env bash
# Manual pages from the program's own help, so that both say the same.
#
#   scripts/manual.sh PROGRAM VERSION FOLDER     PROGRAM is kinglet or kinglet-micro
#
# RUN (default: build/PROGRAM) is the command that runs it.
set -euo pipefail
program=$1 version=$2 folder=$3
read -ra run <<<"${RUN:-build/$program}"
mkdir -p "$folder"
date=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%d)

# Help text to troff: headings become sections, the rest stays as it is laid out.
page() { # page NAME ABSTRACT: help on standard input
    printf '.TH "%s" 1 "%s" "Kinglet %s" "User Commands"\n.SH NAME\n%s \\- %s\n' \
        "${1^^}" "$date" "$version" "$1" "$2"
    sed -E 's/\\/\\e/g; s/-/\\-/g; s/^([.'"'"'])/\\\&\1/
        s/^OVERVIEW: (.*)/.SH DESCRIPTION\n.nf\n\1/
        s/^USAGE: (.*)/.fi\n.SH SYNOPSIS\n.nf\n\1/
        s/^ARGUMENTS:$/.fi\n.SH ARGUMENTS\n.nf/
        s/^OPTIONS:$/.fi\n.SH OPTIONS\n.nf/
        s/^SUBCOMMANDS:$/.fi\n.SH COMMANDS\n.nf/'
    echo .fi
}
help() { COLUMNS=78 "${run[@]}" "$@" --help; }
# The first paragraph of the help, on one line.
abstract() { sed '/^$/q' | paste -sd ' ' | sed 's/^OVERVIEW: *//; s/\. *$//; s/-/\\-/g'; }

commands=$(help | sed -n '/^SUBCOMMANDS:/,$ s/^  \([a-z]\{1,\}\) .*/\1/p')
[ -n "$commands" ] || { echo "manual.sh: '$program --help' names no commands" >&2; exit 70; }
see=
for command in $commands; do
    text=$(help "$command")
    page "$program-$command" "$(abstract <<<"$text")" <<<"$text" >"$folder/$program-$command.1"
    printf '.SH "SEE ALSO"\n.BR %s (1)\n' "$program" >>"$folder/$program-$command.1"
    see+="${see:+,
}.BR $program-$command (1)"
done
{
    text=$(help)
    page "$program" "$(abstract <<<"$text")" <<<"$text"
    cat <<'TEXT'
.SH "EXIT STATUS"
.TP
.B 0
Everything was done.
.TP
.B 3
A new model was no better and was not written (finetune).
.TP
.B 64
A flag or argument was wrong.
.TP
.B 65
A file was damaged, of another kind, or of the wrong shape.
.TP
.B 69
The model has an operator that is lacking.
.TP
.B 70
A device failed: a camera, an accelerator.
.TP
.B 71
A limit on memory, or the disk, did not suffice.
.TP
.B 130
Training was interrupted; its state is saved (finetune).
.SH ENVIRONMENT
.TP
.B KINGLET_ISA
Kernels to use instead of the fastest that run here, such as
.BR baseline .
.SH FILES
.TP
.I /etc/kinglet/kinglet.conf
What the service
.B kinglet.service
classifies.
TEXT
    printf '.SH "SEE ALSO"\n%s\n' "$see"
} >"$folder/$program.1"
