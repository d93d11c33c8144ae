using CsCheck;
using VirtHandover.Handover.Preflight;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Preflight;

public class TargetProbeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact(Timeout = 180_000)]
    public async Task A_real_qemu_tells_its_version_and_machines()
    {
        var facts = await AskAsync("/usr/bin/qemu-system-x86_64", null, Limit);
        Assert.Null(facts.Problem);
        Assert.True(facts.Version >= new Version(7, 0));
        Assert.Contains(facts.Machines, m => m.Name.StartsWith("pc-q35-", StringComparison.Ordinal));
        Assert.StartsWith("pc-i440fx-", facts.Machines.Single(m => m.Name == "pc").Alias, StringComparison.Ordinal);
        Assert.Superset(new HashSet<string> { "S", "machine", "hda", "hdb", "help", "device", "no-user-config", "fw_cfg" }, facts.Options!.ToHashSet());
        Assert.Same(facts, await AskAsync("/usr/bin/qemu-system-x86_64", null, Limit));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("exits", "ended with code 3.")]
    [InlineData("lacks-library", "ended with code 127: cannot open shared object.")]
    [InlineData("no-qemu", "does not answer as QEMU does.")]
    public async Task A_broken_program_is_a_problem_in_a_sentence(string program, string ending) =>
        Assert.EndsWith(ending, (await AskAsync(Qemu.Corpus.Program(program), null, Limit)).Problem, StringComparison.Ordinal);

    [Fact(Timeout = 180_000)]
    public async Task A_hanging_or_missing_program_is_a_problem_too()
    {
        var hanging = await AskAsync(Qemu.Corpus.Program("hangs"), null, TimeSpan.FromMilliseconds(300));
        Assert.EndsWith("did not answer within 0.3 s.", hanging.Problem, StringComparison.Ordinal);
        Assert.EndsWith("is missing.", (await AskAsync("/nonexistent/qemu", null, Limit)).Problem, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_answer_of_another_process_is_taken_as_long_as_the_file_is_the_same()
    {
        using var directory = new TemporaryDirectory();
        // A file of its own: what this process remembers of it comes from nobody else.
        var program = Script(directory, "exit 3");
        var answers = new TargetAnswers(Path.Combine(directory.Path, "answers"));
        answers.Keep(program, FileIdentity.Of(program)!.Value, "QEMU emulator version 9.9.9 (x)\nCopyright", "machine no-acpi", "Supported machines are:\npc-1 A PC\n");
        var facts = await AskAsync(program, answers, Limit);
        Assert.Equal((null, new Version(9, 9, 9), "pc-1"), (facts.Problem, facts.Version, facts.Machines.Single().Name));
        Assert.Equal(new HashSet<string> { "machine", "no-acpi" }, facts.Options);

        // Written again, and so another file: it is asked itself.
        program = Script(directory, "exit 40");
        Assert.EndsWith("ended with code 40.", (await AskAsync(program, answers, Limit)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_read_without_a_fault()
    {
        Gen.String[0, 100].Sample(text =>
        {
            _ = TargetProbe.ReadVersion("emulator version " + text);
            _ = OptionHelp.Parse("-a\n-" + text);
            return MachineHelp.Parse(text).All(machine => machine.Name.Length > 0);
        });
        Assert.Equal(new Version(10, 0, 2), TargetProbe.ReadVersion("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\nCopyright"));
    }

    private static Task<TargetFacts> AskAsync(string program, TargetAnswers? answers, TimeSpan limit) =>
        TargetProbe.AskAsync(program, answers, (arguments, stop) => BoundedProgram.AskAsync(program, arguments, limit, stop), CancellationToken.None);

    private static string Script(TemporaryDirectory directory, string body) => directory.Script("qemu", body);
}
