using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Outside;

/// <summary>Labs seen from the real host: they do not meet, and nothing of them stays.</summary>
public sealed class IsolationTests
{
    private static readonly string Enter = Path.Combine(Root(), "tests", "lab", "enter");

    [Fact]
    public async Task A_lab_gives_back_the_exit_status_and_takes_arguments_as_they_are()
    {
        var result = await Shell.TryRun(Enter, "sh", "-c", "printf '%s|' \"$@\"; exit 7", "sh", "a b", "*", "");

        Assert.Equal((7, "a b|*||"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Two_labs_side_by_side_have_guests_of_the_same_name_and_address()
    {
        const string Script = "vm twin --ip 10.77.0.20 --mem 8 --no-stream > /dev/null && virsh -q domuuid twin && cat /proc/$(cat /run/libvirt/qemu/twin.pid)/cgroup";

        var results = await Task.WhenAll(Shell.TryRun(Enter, "bash", "-c", Script), Shell.TryRun(Enter, "bash", "-c", Script));

        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.Error));
        Assert.NotEqual(LabHost.Lines(results[0].Output)[0], LabHost.Lines(results[1].Output)[0]);
        // The same place within each lab, and libvirt did use it.
        Assert.All(results, result => Assert.Contains(":/machine/", result.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_of_a_lab_stays_behind()
    {
        var before = await Traces();

        var result = await Shell.TryRun(Enter, "bash", "-c",
            "setsid sleep 1000 & vm a --mem 8 > /dev/null && dnf -q upgrade qemu-kvm > /dev/null && touch /usr/x /etc/x /var/x && virsh -q list");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("running", result.Output, StringComparison.Ordinal);
        Assert.Equal(before, await Traces());
    }

    [Fact]
    public async Task A_lab_that_is_terminated_takes_its_processes_along()
    {
        var before = await Traces();

        var result = await Shell.TryRun("timeout", "--signal=TERM", "6", Enter, "bash", "-c", "vm a --no-wait; sleep 1000");

        Assert.Equal(124, result.ExitCode);
        Assert.Equal(before, await Traces());
    }

    // Everything a lab makes, as far as the real host could see it.
    private static async Task<string> Traces()
    {
        var text = await Shell.Run("bash", "-c", """
            ip -o link show | awk '{ print $2 }'
            find /sys/fs/cgroup -type d -name 'vhlab.*' -prune | while read -r dir; do
              # Labs of other people come and go.
              pid=${dir##*vhlab.}; [[ -d /proc/$pid || ! -d $dir ]] || echo "$dir"
            done
            ls -d /usr/x /etc/x /var/x /run/lab /var/lab 2> /dev/null
            cat /proc/mounts | grep -c '^lab ' || :
            """);
        return text;
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "virt-handover.slnx")))
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not lie below the repository.");
        return directory.FullName;
    }
}
