namespace VirtHandover.Qemu;

/// <summary>Hands out the target's descriptor numbers: those of the command line stay, new ones come after them.</summary>
internal sealed class FdNumbers
{
    private readonly SortedDictionary<int, FdMapping> _mappings = [];
    private int _next;

    internal FdNumbers(CommandLine source)
    {
        // The numbers of an earlier handover's memory files are free again, else they would grow with each handover.
        _next = FdReference.Of(source).Where(fd => fd.Role is not (FdRole.Memory or FdRole.Incoming)).Select(fd => fd.Number).DefaultIfEmpty(2).Max() + 1;
    }

    /// <summary>A number that nothing uses.</summary>
    internal int New(FdOrigin origin)
    {
        _mappings.Add(_next, new FdMapping(_next, origin));
        return _next++;
    }

    /// <summary>The monitor's number: the source's own where it has one.</summary>
    internal int Monitor(CommandLineOption chardev)
    {
        if (FdReference.Of(new CommandLine("", [chardev])) is not [var fd])
            return New(new FdOrigin.Monitor());
        Add(fd.Number, new FdOrigin.Monitor());
        return fd.Number;
    }

    /// <summary>A number that the command line names.</summary>
    /// <exception cref="CommandLineException">It names the number twice.</exception>
    internal void Add(int number, FdOrigin origin)
    {
        if (!_mappings.TryAdd(number, new FdMapping(number, origin)))
            throw new CommandLineException($"QEMU's command line uses the descriptor {number} twice.");
    }

    internal IReadOnlyList<FdMapping> Mappings() => [.. _mappings.Values];
}
