using Serilog;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Queue;

/// <summary>The administrator's own programs in <c>notify.d</c>, run one after the other, each for a bounded time.</summary>
/// <param name="directory">Where they are; it may be missing.</param>
/// <param name="log">The service's log.</param>
public sealed class NoticePrograms(string directory, ILogger log) : INoticePrograms
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly string[] Leftovers = ["~", ".rpmnew", ".rpmsave", ".rpmorig", ".dpkg-old", ".dpkg-new", ".bak", ".swp"];

    /// <inheritdoc/>
    public async Task TellAsync(Notice notice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notice);
        foreach (var program in Programs())
        {
            await RunAsync(program, notice, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(string program, Notice notice, CancellationToken cancellationToken)
    {
        var command = new BoundedProgram(program, [notice.Event], Limit) { Environment = notice.Environment };
        var (code, word) = await BoundedCommand.RunAsync(command, cancellationToken).ConfigureAwait(false);
        if (code != 0)
        {
            log.Warning(
                "{Program} was told \"{Event}\" and failed ({Reason}); nothing else depends on it.",
                program, notice.Event, word.Length > 0 ? word : $"exit code {code}");
        }
    }

    /// <summary>They run as root, so only root may have written them.</summary>
    private List<string> Programs()
    {
        var programs = new List<string>();
        try
        {
            string[] paths = Directory.Exists(directory) ? Directory.GetFiles(directory) : [];
            foreach (var path in paths.Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(path);
                if (name.StartsWith('.') || Leftovers.Any(end => name.EndsWith(end, StringComparison.Ordinal))
                    || FileIdentity.Of(path) is not { IsRegular: true, IsExecutable: true } file)
                {
                    continue;
                }

                if (file.UserId != 0 || (file.Mode & 0x12) != 0)
                {
                    log.Warning("{Program} is not run: it has to belong to root and nobody else may write it.", path);
                    continue;
                }

                programs.Add(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Warning("The programs in {Directory} cannot be listed: {Reason}", directory, e.Message);
        }

        return programs;
    }
}
