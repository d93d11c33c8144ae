using System.Globalization;

namespace VirtHandover.Qemu;

/// <summary>What a descriptor on the command line is for.</summary>
internal enum FdRole
{
    /// <summary>A tap queue (<c>-netdev tap,fd=</c>, <c>fds=</c>).</summary>
    Tap,

    /// <summary>A vhost-net worker (<c>vhostfd=</c>, <c>vhostfds=</c>).</summary>
    Vhost,

    /// <summary>A network backend's socket (<c>-netdev socket,fd=</c> and the like).</summary>
    NetworkSocket,

    /// <summary>A listening or connected chardev socket.</summary>
    Chardev,

    /// <summary>The chardev socket of the QMP monitor.</summary>
    Monitor,

    /// <summary>A member of an fd set (<c>-add-fd</c>); the number on the command line is closed once QEMU has started.</summary>
    Fdset,

    /// <summary>A vhost device's (<c>-device vhost-vsock-pci,vhostfd=</c>, vhost-scsi).</summary>
    VhostDevice,

    /// <summary>A file that is opened as <c>/proc/self/fd/N</c>: guest memory after an earlier handover.</summary>
    Memory,

    /// <summary>The stream the domain was restored or migrated from (<c>-incoming fd:N</c>); long closed.</summary>
    Incoming,
}

/// <summary>A descriptor that a command line refers to.</summary>
/// <param name="Number">The number on the command line.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Owner">Id of the backend or device, or number of the fd set.</param>
/// <param name="Opaque">For an fd set: its <c>opaque</c> text.</param>
internal sealed record FdReference(int Number, FdRole Role, string Owner, string? Opaque = null)
{
    internal const string SelfFd = "/proc/self/fd/";

    /// <summary>The kernel's own limit is 2^30 at most (<c>fs.nr_open</c>).</summary>
    private const int Largest = 1 << 30;

    /// <summary>Every descriptor of a command line, in its order.</summary>
    /// <exception cref="CommandLineException">A number does not parse.</exception>
    internal static IReadOnlyList<FdReference> Of(CommandLine line)
    {
        var monitor = line.MonitorChardev?.Id;
        return [.. line.Options.Where(o => o.Argument is not null).SelectMany(o => Of(o, monitor))];
    }

    private static IEnumerable<FdReference> Of(CommandLineOption option, string? monitor)
    {
        var value = option.Value;
        var id = option.Id ?? "";
        return option.Name switch
        {
            "netdev" =>
            [
                .. Numbers(value, "fd", "fds").Select(n => new FdReference(n, option.Kind == "tap" ? FdRole.Tap : FdRole.NetworkSocket, id)),
                .. Numbers(value, "vhostfd", "vhostfds").Select(n => new FdReference(n, FdRole.Vhost, id)),
            ],
            "chardev" => Numbers(value, "fd").Select(n => new FdReference(n, id == monitor ? FdRole.Monitor : FdRole.Chardev, id)),
            "add-fd" => Numbers(value, "fd").Select(n => new FdReference(n, FdRole.Fdset, value.Text("set") ?? "", value.Text("opaque"))),
            "device" => Numbers(value, "vhostfd").Select(n => new FdReference(n, FdRole.VhostDevice, id)),
            "object" when value.Text("mem-path") is { } path && path.StartsWith(SelfFd, StringComparison.Ordinal) =>
                [new FdReference(ToNumber(path[SelfFd.Length..]), FdRole.Memory, id)],
            "incoming" when option.Argument!.StartsWith("fd:", StringComparison.Ordinal) => [new FdReference(ToNumber(option.Argument[3..]), FdRole.Incoming, "")],
            _ => [],
        };
    }

    private static IEnumerable<int> Numbers(OptionValue value, params string[] keys) =>
        keys.Select(value.Text).OfType<string>().SelectMany(text => text.Split(':')).Select(ToNumber);

    private static int ToNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Largest
        ? number
        : throw new CommandLineException($"QEMU's command line names the descriptor '{text}', which is not the number of one.");
}
