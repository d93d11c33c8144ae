using System.ComponentModel;
using CliWrap;
using CliWrap.Buffered;
using VirtHandover.Bus.Client;
using VirtHandover.Linux;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Cli;

/// <summary>The system bus of another machine, reached as <c>systemctl -H</c> does: through ssh and a bridge there.</summary>
/// <param name="host">The machine.</param>
/// <param name="mayAsk">False where a question for a password would destroy the screen, or where nobody could answer it.</param>
internal sealed class SshBus(RemoteHost host, bool mayAsk) : IRemoteBus
{
    private const string Bridge = "systemd-stdio-bridge";
    private const int FailureOfSsh = 255;

    /// <summary>What ssh is started with.</summary>
    public IReadOnlyList<string> Words => ["-xT", .. mayAsk ? Array.Empty<string>() : ["-q", "-oBatchMode=yes"], .. host.Where, Bridge];

    /// <inheritdoc/>
    public Stream Open() => SshStream.Start(ProgramPath.Of("ssh"), Words, mayAsk);

    /// <summary>Logs in once more, only to hear what ssh has to say about it.</summary>
    public async Task<string> ExplainAsync(CancellationToken cancellationToken)
    {
        try
        {
            var said = await ProgramPath.Command("ssh")
                .WithArguments(["-xT", "-oBatchMode=yes", "-oLogLevel=ERROR", "-oConnectTimeout=10", .. host.Where, Bridge, "--version"])
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(cancellationToken).ConfigureAwait(false);
            // A login shell that refuses says so on standard output, behind what sshd had to say on the other one.
            return Explain(said.ExitCode, $"{said.StandardError}\n{said.StandardOutput}");
        }
        catch (Win32Exception)
        {
            return $"{host.Text} cannot be reached: the program ssh is not installed on this host.";
        }
    }

    /// <summary>What the end of that ssh means.</summary>
    /// <param name="exitCode">Its exit code.</param>
    /// <param name="said">What it, or the other machine, said.</param>
    public string Explain(int exitCode, string said)
    {
        // The last line has the reason; a changed host key is announced by a banner of twenty.
        var reason = Printable.Of(said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("it said nothing"));
        reason = (reason.StartsWith("ssh: ", StringComparison.Ordinal) ? reason["ssh: ".Length..] : reason).TrimEnd('.');
        return exitCode switch
        {
            0 => $"{host.Text} is reached over SSH, but its D-Bus system bus cannot be used. Is dbus running there?",
            FailureOfSsh when reason.StartsWith("Host key verification failed", StringComparison.Ordinal) =>
                $"{host.Text} cannot be reached over SSH: {reason}. Its key is not known here, or is not the one that is known; "
                + $"log in once by hand and compare the fingerprint: {host.ByHand}",
            FailureOfSsh when reason.Contains("Permission denied", StringComparison.Ordinal) =>
                $"{host.Text} cannot be reached over SSH: {reason}. It takes no key that this user has; "
                + $"give it one with ssh-copy-id, then try by hand: {host.ByHand}",
            FailureOfSsh => $"{host.Text} cannot be reached over SSH: {reason}. Try it by hand: {host.ByHand}",
            _ => $"{host.Text} is reached over SSH, but {Bridge} cannot be started there: {reason}. "
                + "It comes with systemd, and the login shell of that user has to find it.",
        };
    }
}
