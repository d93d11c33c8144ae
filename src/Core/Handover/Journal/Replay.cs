using System.Text.Json.Nodes;

namespace VirtHandover.Handover.Journal;

/// <summary>A setting that libvirt gave the source by QMP and that is neither on the command line nor in the migration stream.</summary>
/// <param name="Meaning">For a warning, for example <c>the balloon's statistics period</c>.</param>
/// <param name="Command">The QMP command that sets it.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record Replay(string Meaning, string Command, JsonObject Arguments);
