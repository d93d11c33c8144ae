using System.Diagnostics;
using System.Globalization;

namespace VirtHandover.Tests.Unit.Tui.Support;

/// <summary>A terminal: a tmux server of its own with one session in which a shell runs.</summary>
internal sealed class Tmux : IAsyncDisposable
{
    private readonly string socket = $"vh-{Guid.NewGuid():N}";
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("vh-tmux-");
    private bool killed;

    /// <summary>
    /// The program under test, as a shell writes it: this build, or the one that <c>VIRT_HANDOVER_PROGRAM</c> names, for example a
    /// published one.
    /// </summary>
    public static string Program => Environment.GetEnvironmentVariable("VIRT_HANDOVER_PROGRAM") is { Length: > 0 } published
        ? published
        : $"dotnet {Path.Combine(AppContext.BaseDirectory, "virt-handover.dll")}";

    /// <param name="busAddress">The program's system bus.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="environment">More of its environment, as <c>NAME=value</c>.</param>
    public static async Task<Tmux> StartAsync(string busAddress, int width, int height, params string[] environment)
    {
        var tmux = new Tmux();
        string[] all = [$"PATH={tmux.Folder}:{Environment.GetEnvironmentVariable("PATH")}", $"DBUS_SYSTEM_BUS_ADDRESS={busAddress}", "TERM=screen-256color", "LANG=C.UTF-8", "LC_ALL=", "TZ=UTC", "PS1=$ ", "NO_COLOR=", .. environment];
        await tmux.RunAsync(
            ["-f", "/dev/null", "new-session", "-d", "-x", Text(width), "-y", Text(height), "env", .. all, "sh"]);
        await tmux.ShowsAsync("$");
        await tmux.GuardAsync();
        return tmux;
    }

    /// <summary>A folder that goes with the terminal; <see cref="Put"/> puts programs there.</summary>
    public string Folder => folder.FullName;

    /// <summary>Writes a script into <see cref="Folder"/>, which <c>PATH</c> has to name.</summary>
    public void Put(string name, string script) => Executable.Write(Path.Combine(Folder, name), $"#!/bin/sh\n{script}\n");

    /// <summary>The terminal goes, as when a connection breaks.</summary>
    public Task KillAsync()
    {
        killed = true;
        return RunAsync("kill-server");
    }

    /// <summary>Starts a command in the shell; its exit code will stand behind <c>rc=</c>.</summary>
    public Task TypeAsync(string command) => RunAsync("send-keys", "-l", $"{command}; echo rc=$?\n");

    /// <summary>Types a line and ends it.</summary>
    public Task LineAsync(string text) => RunAsync("send-keys", "-l", $"{text}\n");

    /// <summary>Types a text.</summary>
    public Task KeysAsync(string text) => RunAsync("send-keys", "-l", text);

    /// <summary>Presses keys, as tmux names them.</summary>
    public Task PressAsync(params string[] keys) => RunAsync(["send-keys", .. keys]);

    public Task ResizeAsync(int width, int height) => RunAsync("resize-window", "-x", Text(width), "-y", Text(height));

    /// <summary>The screen as text.</summary>
    public Task<string> ScreenAsync() => RunAsync("capture-pane", "-p");

    /// <summary>The screen with its escapes.</summary>
    public Task<string> ColorsAsync() => RunAsync("capture-pane", "-p", "-e");

    /// <summary>From now on all that a program sends to the terminal goes into a file of <see cref="Folder"/>, too.</summary>
    /// <returns>The file.</returns>
    public async Task<FileInfo> RecordAsync()
    {
        var path = Path.Combine(Folder, "sent");
        await File.WriteAllTextAsync(path, "");
        await RunAsync("pipe-pane", $"cat >> {path}");
        return new FileInfo(path);
    }

    /// <summary>Waits until the terminal is in this state; what the screen shows comes before its cursor.</summary>
    /// <param name="modes">As <see cref="ModesAsync"/> tells it.</param>
    public async Task BecomesAsync(string modes)
    {
        var last = "";
        await Eventually.TrueAsync(async () => (last = await ModesAsync()) == modes, () => $"The terminal is {last}, not {modes}.");
    }

    /// <summary>What the terminal is left in: alternate screen, mouse tracking, cursor shown.</summary>
    public async Task<string> ModesAsync() =>
        (await RunAsync("display-message", "-p", "alt=#{alternate_on} mouse=#{mouse_any_flag} cursor=#{cursor_flag}")).Trim();

    public async Task ShowsAsync(string text) => await UntilAsync(screen => screen.Contains(text, StringComparison.Ordinal), $"does not show “{text}”");

    public async Task GoneAsync(string text) => await UntilAsync(screen => !screen.Contains(text, StringComparison.Ordinal), $"still shows “{text}”");

    /// <summary>The process of the program that runs in the shell.</summary>
    public async Task<int> ProgramPidAsync()
    {
        var shell = (await RunAsync("display-message", "-p", "#{pane_pid}")).Trim();
        var children = await File.ReadAllTextAsync($"/proc/{shell}/task/{shell}/children");
        return int.Parse(children.Split(' ')[0], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!killed)
            {
                await KillAsync();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A test run that is killed must not leave its terminals behind.</summary>
    private Task<string> GuardAsync() => RunAsync(
        "run-shell", "-b", $"while kill -0 {Environment.ProcessId} 2> /dev/null; do sleep 1; done; tmux -L {socket} kill-server");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task UntilAsync(Func<string, bool> condition, string complaint)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var screen = await ScreenAsync();
            if (condition(screen))
            {
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(90), $"The terminal {complaint}:\n{screen}");
            await Task.Delay(50);
        }
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("tmux", ["-L", socket, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TMUX_TMPDIR"] = folder.FullName;
        start.Environment.Remove("TMUX");

        // The screens that are drawn in process set it for this process.
        start.Environment.Remove("DisableRealDriverIO");
        start.Environment["LANG"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"tmux {string.Join(' ', arguments)}: {await error}");
        return output;
    }
}
