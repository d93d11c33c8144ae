using VirtHandover.Tui.Cli;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>What the end of an ssh means; a real one is in the integration tests.</summary>
public sealed class SshBusTests
{
    private const string Changed = "@@@@@\r\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\n@@@@@\r\nHost key verification failed.\r\n";

    [Theory]
    [InlineData(255, Changed, "root@kvm-9:2222 cannot be reached over SSH: Host key verification failed. Its key is not known here")]
    [InlineData(255, "root@kvm-9: Permission denied (publickey,password).", "Permission denied (publickey,password). It takes no key that this user has;")]
    [InlineData(255, "ssh: Could not resolve hostname kvm-9: Name or service not known\r\n", "over SSH: Could not resolve hostname kvm-9: Name or service not known. Try it by hand: ssh -p 2222 root@kvm-9")]
    [InlineData(255, "", "it said nothing. Try it by hand")]
    [InlineData(127, "bash: line 1: systemd-stdio-bridge: command not found\n", "systemd-stdio-bridge cannot be started there: bash: line 1: systemd-stdio-bridge: command not found. It comes with systemd")]
    [InlineData(1, "This account is currently not available.\n", "cannot be started there: This account is currently not available.")]
    [InlineData(0, "systemd 252\n+PAM", "root@kvm-9:2222 is reached over SSH, but its D-Bus system bus cannot be used.")]
    [InlineData(255, "\e[2Jboo", "over SSH: \\x1b[2Jboo.")]
    public void A_failure_is_told_in_sentences(int code, string said, string expected)
    {
        Assert.True(RemoteHost.TryParse("root@kvm-9:2222", out var host, out _));
        var sentence = new SshBus(host!, mayAsk: false).Explain(code, said);
        Assert.Contains(expected, sentence, StringComparison.Ordinal);
        Assert.Contains("root@kvm-9:2222", sentence, StringComparison.Ordinal);
    }
}
