using System.Text;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
using VirtHandover.Linux.Proc;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>The launcher itself, as the installed program is one: what a program finds that it has become.</summary>
public sealed class LaunchTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const uint User = 4243;

    public Task InitializeAsync() => host.Reset();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact(Timeout = 60000)]
    public async Task A_program_gets_what_it_is_meant_to_have_and_no_more()
    {
        var (status, _) = await LaunchedTool.RunAsync(Question("/usr/bin/cat", "/proc/self/status"), TimeSpan.FromSeconds(20), default);
        var read = ProcessStatus.Parse("status", Encoding.UTF8.GetBytes(status!));
        Assert.Equal([User, User, User, User], read.UserIds);
        Assert.Equal([User + 1, User + 1, User + 1, User + 1], read.GroupIds);
        Assert.Equal([User + 2], read.Groups);
        Assert.Equal((0UL, 0UL, 0UL), (read.PermittedCapabilities, read.EffectiveCapabilities, read.InheritableCapabilities));
        Assert.Equal((0UL, 0UL), (read.AmbientCapabilities, read.BoundingCapabilities));
        Assert.True(read.NoNewPrivileges);
        Assert.Equal((0UL, 1), (read.IgnoredSignals, read.Threads));
        // Named after its file, not after a descriptor's number.
        Assert.StartsWith("Name:\tcat\n", status, StringComparison.Ordinal);

        var (environment, _) = await LaunchedTool.RunAsync(Question("/usr/bin/cat", "/proc/self/environ"), TimeSpan.FromSeconds(20), default);
        Assert.Equal(LaunchedTool.Environment, environment!.Split('\0', StringSplitOptions.RemoveEmptyEntries));
        var (files, _) = await LaunchedTool.RunAsync(Question("/usr/bin/ls", "/proc/self/fd"), TimeSpan.FromSeconds(20), default);
        // The fourth is the one with which ls reads the directory.
        Assert.Equal(["0", "1", "2", "3"], LabHost.Lines(files!));
        Assert.All((string[])["SigBlk", "SigIgn"], field => Assert.Contains($"\n{field}:\t0000000000000000\n", status, StringComparison.Ordinal));
    }

    [Theory(Timeout = 60000)]
    [InlineData("LD_PRELOAD")]
    [InlineData("LD_AUDIT")]
    public async Task What_its_environment_loads_is_loaded_by_the_program_alone(string variable)
    {
        const string Mark = "/run/lab/loaded-by";
        await File.WriteAllTextAsync(Mark, "");
        await Shell.Run("chmod", "666", Mark);
        try
        {
            string library = await HostileQemu.Library("witness", """
                #include <fcntl.h>
                #include <stdio.h>
                #include <unistd.h>
                unsigned la_version(unsigned version) { return version; }
                __attribute__((constructor)) static void loaded(void) {
                    int mark = open("/run/lab/loaded-by", O_WRONLY | O_APPEND);
                    if (mark >= 0) { dprintf(mark, "%d\n", (int)geteuid()); close(mark); }
                }
                """);
            var question = Question("/usr/bin/true") with { Environment = [$"{variable}={library}"] };
            _ = await LaunchedTool.RunAsync(question, TimeSpan.FromSeconds(20), default);
            Assert.Equal($"{User}\n", await File.ReadAllTextAsync(Mark));
        }
        finally
        {
            Directory.Delete(HostileQemu.Tools, recursive: true);
            File.Delete(Mark);
        }
    }

    [Fact(Timeout = 60000)]
    public async Task A_script_of_root_s_runs_and_one_whose_interpreter_is_not_is_named()
    {
        await HostileQemu.Script("/srv/lab-s/good", "echo \"$0 $* $(id -u)\"");
        await File.WriteAllTextAsync("/srv/lab-s/bad", "#!/srv/lab-s/interpreter -x\n");
        File.Copy("/bin/sh", "/srv/lab-s/interpreter", overwrite: true);
        await Shell.Run("chmod", "755", "/srv/lab-s/bad");
        await Shell.Run("chown", "4242", "/srv/lab-s/interpreter");
        try
        {
            var good = await LaunchedTool.RunAsync(Question("/srv/lab-s/good", "a", "b"), TimeSpan.FromSeconds(20), default);
            Assert.Equal(("/srv/lab-s/good a b 4243\n", ""), good);
            var (_, failure) = await LaunchedTool.RunAsync(Question("/srv/lab-s/bad"), TimeSpan.FromSeconds(20), default);
            Assert.Contains("/srv/lab-s/interpreter belongs to user 4242", failure, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete("/srv/lab-s", recursive: true);
        }
    }

    [Theory(Timeout = 60000)]
    [InlineData("/usr/bin/none-such", "is missing")]
    [InlineData("/usr/bin", "is a directory")]
    [InlineData("/usr/bin/su", "takes the ids of its owner")]
    [InlineData("/tmp/any", "can be written by others")]
    [InlineData("/dev/null", "can be written by others")]
    public async Task What_is_no_program_of_root_s_is_not_run_and_the_sentence_says_why(string program, string why)
    {
        var (output, failure) = await LaunchedTool.RunAsync(Question(program), TimeSpan.FromSeconds(20), default);
        Assert.Null(output);
        Assert.StartsWith("cannot be started: It could not be started: ", failure, StringComparison.Ordinal);
        Assert.Contains(why, failure, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60000)]
    public async Task Each_step_takes_effect_in_the_namespaces_of_the_model_and_a_failure_is_named()
    {
        using var model = ProcessSpawner.Spawn("/usr/bin/unshare", ["unshare", "-m", "-u", "-n", "sleep", "600"], ["PATH=/usr/bin:/bin"], []);
        try
        {
            await Eventually.Until("it has become sleep", async () => (await File.ReadAllTextAsync($"/proc/{model.Id}/comm")).Trim() == "sleep");
            using var namespaces = SourceNamespaces.Open(model.Identity);
            Assert.Equal(["mnt", "net", "uts"], namespaces.Held.Select(each => each.Kind).Order());
            var context = ProcessContext.Read(model.Id);
            var launch = Question("/usr/bin/sleep", "600") with
            {
                Namespaces = namespaces,
                Context = LaunchContexts.OfTwin(context, model.Identity, Cpus(model)) with
                {
                    UserIds = [User, User, User],
                    OutOfMemoryScore = 77,
                    WorkingDirectory = "/",
                },
            };
            using var started = await launch.StartAsync(default);
            try
            {
                foreach (var kind in (string[])["mnt", "net", "uts", "ipc", "pid", "user"])
                    Assert.Equal(new FileInfo($"/proc/{model.Id}/ns/{kind}").LinkTarget, new FileInfo($"/proc/{started.Id}/ns/{kind}").LinkTarget);
                Assert.Equal("77", (await File.ReadAllTextAsync($"/proc/{started.Id}/oom_score_adj")).Trim());
                Assert.Equal(User, ProcessStatus.Read(ProcRoot.Host, started.Id).UserIds[1]);
                Assert.Equal(await File.ReadAllTextAsync($"/proc/{model.Id}/limits"), await File.ReadAllTextAsync($"/proc/{started.Id}/limits"));
            }
            finally
            {
                End(started);
            }

            var lost = await Assert.ThrowsAsync<LinuxException>(
                () => (launch with { Context = launch.Context with { WorkingDirectory = "/root/none" } }).StartAsync(default));
            Assert.StartsWith("It could not be started: The working directory /root/none cannot be entered: ", lost.Message, StringComparison.Ordinal);
        }
        finally
        {
            End(model);
        }
    }

    [Theory(Timeout = 60000)]
    [InlineData("-m")]
    [InlineData("-n")]
    [InlineData("")]
    public async Task A_user_namespace_of_somebody_s_own_is_never_entered(string more)
    {
        string[] words = ["setpriv", "--reuid=4243", "--regid=4243", "--clear-groups", "unshare", "-U", "-r", "sleep", "600"];
        if (more.Length > 0)
            words = [.. words[..^2], more, .. words[^2..]];
        using var model = ProcessSpawner.Spawn("/usr/bin/setpriv", words, ["PATH=/usr/bin:/bin"], []);
        try
        {
            await Eventually.Until("it has become sleep", async () => (await File.ReadAllTextAsync($"/proc/{model.Id}/comm")).Trim() == "sleep");
            Assert.Contains("user namespace of its own", SourceNamespaces.Obstacle(model.Identity), StringComparison.Ordinal);
        }
        finally
        {
            End(model);
        }
    }

    private static ThreadAffinity Cpus(ProcessHandle process)
    {
        using var main = HeldThread.Main(process);
        return ThreadAffinity.Of(main);
    }

    private static void End(ProcessHandle process)
    {
        process.Kill();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(5)));
        _ = ProcessSpawner.Reap(process);
    }

    private static Launch Question(string program, params string[] arguments) => new()
    {
        Subject = "It",
        Context = new LaunchContext
        {
            UserIds = [User, User, User],
            GroupIds = [User + 1, User + 1, User + 1],
            Groups = [User + 2],
            NoNewPrivileges = true,
            WorkingDirectory = "/",
        },
        Program = program,
        Arguments = [program, .. arguments],
        Environment = LaunchedTool.Environment,
        Descriptors = [],
    };
}
