using VirtHandover.Contract;

namespace VirtHandover.Bus.Contract;

/// <summary>Findings on the bus: <c>a(sss)</c> of code, severity, sentence.</summary>
internal static class FindingCodec
{
    internal const string Signature = "a(sss)";

    internal static BusValue ToBus(IEnumerable<Finding> findings) => BusValue.ArrayOf("(sss)", findings.Select(
        finding => BusValue.StructOf(finding.Code, BusWord.ToBus(finding.Severity), finding.Sentence)));

    /// <summary>Reads findings; a severity from a newer service counts as a warning, so that it is shown.</summary>
    /// <exception cref="BusException">The value is of another type.</exception>
    internal static IReadOnlyList<Finding> FromBus(BusValue value) =>
    [
        .. value.AsItems().Select(item => item.AsFields() is [var code, var severity, var sentence]
            ? new Finding(
                code.AsText(), BusWord.TryFromBus<FindingSeverity>(severity.AsText()) ?? FindingSeverity.Warning, sentence.AsText())
            : throw new BusException(BusErrorNames.InvalidArgs, "A finding has not three parts.")),
    ];
}
