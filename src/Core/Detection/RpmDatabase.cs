using VirtHandover.Linux;

namespace VirtHandover.Detection;

/// <summary>rpm: <c>qemu-kvm-core-8.0.0-16.el9</c>.</summary>
internal sealed class RpmDatabase : IPackageDatabase
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The program; tests put another one in its place.</summary>
    public string Program { get; init; } = "rpm";

    /// <inheritdoc/>
    public async Task<string> OwnerAsync(string path, CancellationToken cancellationToken)
    {
        (string? output, _) = await BoundedProgram.AskAsync(
            Program, ["-qf", "--qf", @"%{NAME}-%{VERSION}-%{RELEASE}\n", "--", path], Limit, cancellationToken).ConfigureAwait(false);
        return OwnerIn(output ?? "");
    }

    /// <summary>The package that an answer names. A file may belong to several; the first is as good as any.</summary>
    internal static string OwnerIn(string answer) => answer.Split('\n', 2)[0].Trim();
}
