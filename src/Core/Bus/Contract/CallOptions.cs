namespace VirtHandover.Bus.Contract;

/// <summary>The <c>a{sv}</c> that ends the arguments of a method.</summary>
internal static class CallOptions
{
    /// <summary>
    /// Reads the options. An unknown one is refused, not ignored: who misspells "rehearse" must not get a real handover.
    /// </summary>
    /// <exception cref="BusException"><see cref="BusErrorNames.InvalidArgs"/>: an option is not known here.</exception>
    internal static IReadOnlyDictionary<string, BusValue> Read(BusCall call, params IReadOnlyList<string> known)
    {
        var options = call.Arguments[^1].AsOptions();
        return options.Keys.FirstOrDefault(key => !known.Contains(key)) is { } unknown
            ? throw new BusException(BusErrorNames.InvalidArgs, $"{call.Message.Member} has no option \"{unknown}\".")
            : options;
    }
}
