namespace VirtHandover.Tui.Cli;

/// <summary>The call itself is wrong; the message says what, where, and what would be right.</summary>
internal sealed class UsageException(string message) : Exception(message);
