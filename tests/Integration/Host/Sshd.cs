using System.Diagnostics;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>The distribution's sshd in the lab, as another machine: its address is the lab's own, logins are by key only.</summary>
internal sealed class Sshd : IAsyncDisposable
{
    public const string Port = "2222";

    /// <summary>Root on the machine whose key is known.</summary>
    public const string Root = "root@10.77.0.1:" + Port;

    /// <summary>The same machine under an address whose key is not known.</summary>
    public const string Stranger = "root@127.0.0.1:" + Port;

    private const string Folder = "/run/lab/ssh";
    private const string Program = "/usr/sbin/sshd";
    private const string ClientConfiguration = "/etc/ssh/ssh_config.d/10-lab.conf";
    private readonly Process _process;

    private Sshd(Process process) => _process = process;

    /// <summary>Makes keys, starts the daemon, and tells the lab's ssh about both.</summary>
    public static async Task<Sshd> Start()
    {
        Directory.CreateDirectory("/run/sshd");
        Directory.CreateDirectory(Folder);
        foreach (string key in new[] { "host", "user" })
            await Shell.Run("sh", "-c", $"yes | ssh-keygen -q -t ed25519 -N '' -f {Folder}/{key}");
        await Admit(true);
        await File.WriteAllTextAsync($"{Folder}/known_hosts", $"[10.77.0.1]:{Port} {await File.ReadAllTextAsync(Folder + "/host.pub")}");
        await File.WriteAllTextAsync($"{Folder}/sshd_config", $"""
            ListenAddress 127.0.0.1:{Port}
            ListenAddress 10.77.0.1:{Port}
            HostKey {Folder}/host
            AuthorizedKeysFile {Folder}/authorized_keys
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            UsePAM no
            PidFile none

            """);
        // ssh looks for root's own files where the password file says, and that directory is not the lab's.
        Directory.CreateDirectory(Path.GetDirectoryName(ClientConfiguration)!);
        await File.WriteAllTextAsync(ClientConfiguration, $"""
            Host *
              IdentityFile {Folder}/user
              IdentitiesOnly yes
              UserKnownHostsFile {Folder}/known_hosts
              GlobalKnownHostsFile /dev/null

            """);
        var sshd = new Sshd(Process.Start(new ProcessStartInfo(Program, ["-D", "-E", "/var/log/lab/sshd.log", "-f", Folder + "/sshd_config"]))!);
        await Eventually.Until("sshd lets root in", async () => (await Shell.TryRun("ssh", "-p", Port, "root@10.77.0.1", "true")).ExitCode == 0);
        return sshd;
    }

    /// <summary>Whether the user's key opens the door.</summary>
    public static async Task Admit(bool user) =>
        await File.WriteAllTextAsync($"{Folder}/authorized_keys", user ? await File.ReadAllTextAsync(Folder + "/user.pub") : "");

    public async ValueTask DisposeAsync()
    {
        File.Delete(ClientConfiguration);
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
