using VirtHandover.Contract;

namespace VirtHandover.Bus.Contract;

/// <summary>Phases with their durations on the bus: <c>a(st)</c>.</summary>
internal static class PhaseCodec
{
    internal const string Signature = "a(st)";

    internal static BusValue ToBus(IEnumerable<PhaseDuration> phases) => BusValue.ArrayOf("(st)", phases.Select(
        phase => BusValue.StructOf(BusWord.ToBus(phase.Phase), BusTime.Duration(phase.Microseconds))));

    /// <exception cref="BusException">The value is of another type, or a phase is not known.</exception>
    internal static IReadOnlyList<PhaseDuration> FromBus(BusValue value) =>
    [
        .. value.AsItems().Select(item => item.AsFields() is [var phase, var duration]
            ? new PhaseDuration(BusWord.FromBus<HandoverPhase>(phase.AsText()), duration.AsClampedInt64())
            : throw new BusException(BusErrorNames.InvalidArgs, "A phase has not two parts.")),
    ];
}
