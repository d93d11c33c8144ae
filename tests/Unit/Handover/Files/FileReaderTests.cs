using System.Diagnostics;
using VirtHandover.Contract;
using VirtHandover.Handover.Files;
using VirtHandover.Handover.Preflight;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Files;

/// <summary>A process that holds files open, and what becomes of their names.</summary>
public sealed class FileReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ProcessHandle _holder;
    private Dictionary<string, string>? _noted;

    public FileReaderTests()
    {
        foreach (var name in (string[])["image", "base"])
            File.WriteAllText(At(name), name);
        var program = _directory.Script("holder", "exec 3<>\"$1\" 4<\"$2\"; touch \"$3\"; exec sleep 600");
        _holder = ProcessSpawner.Spawn(program, [program, At("image"), At("base"), At("ready")], ["PATH=/usr/bin:/bin"], []);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(At("ready")), TimeSpan.FromSeconds(60)));
    }

    public void Dispose()
    {
        _holder.Kill();
        _ = _holder.WaitForExit(TimeSpan.FromSeconds(20));
        _ = ProcessSpawner.Reap(_holder);
        _holder.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_file_that_is_open_is_the_same_under_any_name_and_a_copy_of_it_is_another()
    {
        File.CreateSymbolicLink(At("link"), At("image"));
        Assert.Empty(Findings(Image("image"), Image("link"), Image("base")));

        File.Copy(At("image"), At("copy"));
        File.Move(At("copy"), At("image"), overwrite: true);
        var finding = Assert.Single(Findings(Image("image"), Image("base")));
        Assert.Equal("FILE_OTHER", finding.Code);
        Assert.Contains($"{At("image")} of the block node 'image' is another file", finding.Sentence, StringComparison.Ordinal);
        Assert.Contains("lost when the VM ends", finding.Sentence, StringComparison.Ordinal);

        File.Delete(At("base"));
        Assert.Contains(Findings(Image("base")), gone => gone.Code == "FILE_OTHER" && gone.Sentence.Contains("was deleted or renamed", StringComparison.Ordinal));
    }

    // Both are open, so that only what was noted tells which was which.
    [Fact]
    public void Two_that_have_changed_their_names_are_known_by_what_was_noted()
    {
        _noted = ((string[])["image", "base"]).ToDictionary(At, name => FileIdentity.Of(At(name))!.Value.Key);
        Assert.Empty(Findings(Image("image"), Image("base")));
        File.Move(At("image"), At("t"));
        File.Move(At("base"), At("image"));
        File.Move(At("t"), At("base"));
        Assert.Equal(["FILE_SWAPPED", "FILE_SWAPPED"], Findings(Image("image"), Image("base")).Select(finding => finding.Code));
        _noted = null;
        Assert.Empty(Findings(Image("image"), Image("base")));
    }

    [Fact]
    public void What_was_only_loaded_may_have_changed_but_must_be_there()
    {
        Assert.Empty(Findings(new NamedFile("-initrd", Environment.ProcessPath!, FileUse.Loaded)));
        File.WriteAllText(At("kernel"), "");
        var kernel = new NamedFile("-kernel", At("kernel"), FileUse.Loaded);
        File.SetLastWriteTimeUtc(At("kernel"), DateTime.UtcNow.AddDays(1));
        Assert.Equal("FILE_NEWER", Assert.Single(Findings(kernel)).Code);
        File.Delete(At("kernel"));
        Assert.Equal("FILE_ACCESS", Assert.Single(Findings(kernel)).Code);
    }

    [Fact]
    public void Who_is_refused_is_told_apart_by_file_user_and_reason()
    {
        var seen = new SeenFile(Image("image")) { IsOpen = true, Refusal = "Permission denied" };
        var finding = Assert.Single(FileRules.Check([seen], Context));
        Assert.Equal("FILE_ACCESS", finding.Code);
        Assert.Contains(
            $"{At("image")} of the block node 'image' cannot be opened for writing by user {Context.Status.UserIds[1]}, group {Context.Status.GroupIds[1]}",
            finding.Sentence, StringComparison.Ordinal);
        Assert.Contains("Permission denied.", finding.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("1 13\n", 1)]
    [InlineData("2 13\n", null)]
    [InlineData("1 13 x\n", null)]
    [InlineData("-1 13\n", null)]
    [InlineData("one 13\n", null)]
    public void What_the_trial_says_is_believed_only_as_far_as_it_makes_sense(string said, int? refused) =>
        Assert.Equal(refused, FileTrial.Parse(said, 2)?.Count(refusal => refusal is not null));

    [Fact]
    public void A_trial_opens_and_changes_nothing()
    {
        var before = FileIdentity.Of(At("image"));
        Assert.Equal(0, FileOpening.Try(At("image"), write: true));
        Assert.Equal(before, FileIdentity.Of(At("image")));
        Assert.NotEqual(0, FileOpening.Try(At("nothing"), write: true));
        Assert.False(File.Exists(At("nothing")));
        // Somebody else's FIFO would hold an open(2), and a device may act on one.
        Assert.Equal(0, FileOpening.Try("/dev/null", write: true));
        using var make = Process.Start("mkfifo", At("fifo"));
        make.WaitForExit();
        Assert.Equal(0, FileOpening.Try(At("fifo"), write: false));
    }

    private ProcessContext Context => ProcessContext.Read(_holder.Id);

    private string At(string name) => Path.Combine(_directory.Path, name);

    private NamedFile Image(string name) => new(name, At(name), FileUse.Written) { Driver = "file" };

    private List<Finding> Findings(params NamedFile[] files) => [.. FileRules.Check(FileReader.Look(_holder.Identity, files, _noted), Context)];
}
