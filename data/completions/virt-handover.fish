# Completion for fish. The program itself says what can come next.
function __virt_handover_complete
    set -l words (commandline -opc)
    $words[1] complete fish -- $words[2..-1] (commandline -ct | string unescape | string collect --allow-empty) 2>/dev/null
end
complete -c virt-handover -f -k -a '(__virt_handover_complete)'
