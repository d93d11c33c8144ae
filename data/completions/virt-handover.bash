# Completion for bash. The program itself says what can come next; it gets the line as it stands, because bash cuts its words at
# colons and leaves the quotation marks on.
_virt_handover() {
    mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" complete bash -- "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2> /dev/null)
}
complete -F _virt_handover virt-handover
