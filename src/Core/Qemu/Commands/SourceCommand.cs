using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>A command that a running source may be sent.</summary>
/// <param name="Name">As QMP spells it.</param>
/// <param name="Libvirt">Where libvirt sends the same: release and function, in <c>src/qemu</c>.</param>
/// <param name="Reason">What it is sent for, and when.</param>
/// <param name="Allows">Which arguments go with it.</param>
internal sealed record SourceCommand(string Name, string Libvirt, string Reason, Predicate<JsonObject?> Allows)
{
    /// <summary>A command without arguments.</summary>
    internal SourceCommand(string name, string libvirt, string reason)
        : this(name, libvirt, reason, arguments => arguments is null or { Count: 0 })
    {
    }
}

/// <summary>A command was not sent, because a running VM's QEMU is not to be sent it: a fault of this program, before any harm.</summary>
/// <param name="message">A sentence that names the VM and the command.</param>
internal sealed class SourceCommandException(string message) : Exception(message);
