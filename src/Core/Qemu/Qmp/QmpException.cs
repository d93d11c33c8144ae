using VirtHandover.Foreign;

namespace VirtHandover.Qemu;

/// <summary>QEMU refused a command. The connection is as good as before.</summary>
public sealed class QmpException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="peer">The QEMU that answered.</param>
    /// <param name="command">The command it refused.</param>
    /// <param name="errorClass">QMP's error class.</param>
    /// <param name="description">QEMU's own words.</param>
    public QmpException(string peer, string command, string errorClass, string description)
        : base($"QEMU ({peer}) refused '{command}': {ForeignText.Sentence(description).TrimEnd('.', ' ', '\n', '\r')}.")
    {
        Peer = peer;
        Command = command;
        ErrorClass = errorClass;
        Description = description;
    }

    /// <summary>The QEMU that answered.</summary>
    public string Peer { get; }

    /// <summary>The command that was refused.</summary>
    public string Command { get; }

    /// <summary>For example <c>GenericError</c>, <c>CommandNotFound</c>, <c>DeviceNotFound</c>.</summary>
    public string ErrorClass { get; }

    /// <summary>QEMU's own words, as it sent them.</summary>
    public string Description { get; }

    /// <summary>True when this QEMU does not know the command at all.</summary>
    public bool IsUnknownCommand => ErrorClass == "CommandNotFound";
}
