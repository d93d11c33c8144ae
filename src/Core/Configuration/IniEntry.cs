namespace VirtHandover.Configuration;

/// <summary>One <c>Key=value</c> of one file, with the place to blame.</summary>
/// <param name="File">The file's path.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Section">The section it stands in; empty before the first one.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value, quotes removed.</param>
internal sealed record IniEntry(string File, int Line, string Section, string Key, string Value);
