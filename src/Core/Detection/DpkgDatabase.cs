using VirtHandover.Linux;

namespace VirtHandover.Detection;

/// <summary>dpkg: <c>qemu-system-x86_1:7.2+dfsg-7+deb12u18</c>, name and version as they are in the name of a package's file.</summary>
internal sealed class DpkgDatabase : IPackageDatabase
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The program; tests put another one in its place.</summary>
    public string Program { get; init; } = "dpkg-query";

    /// <inheritdoc/>
    public async Task<string> OwnerAsync(string path, CancellationToken cancellationToken)
    {
        // A package may still call /usr/bin/x by its old name /bin/x, and dpkg knows it by that.
        string? found = await SearchAsync(path, cancellationToken).ConfigureAwait(false);
        if (found is null && path.StartsWith("/usr/", StringComparison.Ordinal))
        {
            found = await SearchAsync(path["/usr".Length..], cancellationToken).ConfigureAwait(false);
        }

        if (found is null || OwnerIn(found) is not { } package)
        {
            return "";
        }

        (string? output, _) = await BoundedProgram.AskAsync(
            Program, ["--show", "--showformat", @"${Package}_${Version}\n", "--", package], Limit, cancellationToken).ConfigureAwait(false);
        return output?.Split('\n', 2)[0].Trim() ?? "";
    }

    private async Task<string?> SearchAsync(string path, CancellationToken cancellationToken) =>
        (await BoundedProgram.AskAsync(Program, ["--search", "--", Literal(path)], Limit, cancellationToken).ConfigureAwait(false)).Output;

    /// <summary>The first package that an answer of <c>dpkg-query --search</c> names: <c>a, b:amd64: /path</c>, beside lines on diversions.</summary>
    internal static string? OwnerIn(string answer) => answer.Split('\n')
        .Where(line => !line.StartsWith("diversion by ", StringComparison.Ordinal) && !line.StartsWith("local diversion ", StringComparison.Ordinal))
        .Select(line => line.Split(": /", 2))
        .Where(parts => parts.Length == 2)
        .Select(parts => parts[0].Split(',')[0].Trim())
        .FirstOrDefault(name => name.Length > 0);

    // The argument is a pattern of the shell's kind.
    private static string Literal(string path) => string.Concat(path.Select(c => c is '*' or '?' or '[' or '\\' ? $"\\{c}" : $"{c}"));
}
