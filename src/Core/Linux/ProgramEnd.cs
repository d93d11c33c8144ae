namespace VirtHandover.Linux;

/// <summary>How a program ended that was run for what it says.</summary>
/// <param name="ExitCode">Null when it did not end in time, or could not be started.</param>
/// <param name="Output">The beginning of its standard output.</param>
/// <param name="Errors">The beginning of its standard error.</param>
/// <param name="Failure">Why there is no exit code: the end of a sentence that begins with the program; empty when there is one.</param>
internal sealed record ProgramEnd(int? ExitCode, string Output, string Errors, string Failure);
