using System.Text.Json;

namespace VirtHandover.Qemu;

/// <summary>One line that QEMU sent, understood.</summary>
internal abstract record QmpMessage
{
    private QmpMessage()
    {
    }

    /// <summary>The greeting. <paramref name="TakesAhead"/>: it can take commands before earlier ones are done (capability <c>oob</c>).</summary>
    internal sealed record Hello(bool TakesAhead) : QmpMessage;

    /// <summary>A command's result.</summary>
    internal sealed record Return(long Id, JsonElement Value) : QmpMessage;

    /// <summary>A command's refusal. <paramref name="Id"/> is null when QEMU could not even read the command.</summary>
    internal sealed record Error(long? Id, string Class, string Description) : QmpMessage;

    /// <summary>An event.</summary>
    internal sealed record Event(QmpEvent Value) : QmpMessage;
}
