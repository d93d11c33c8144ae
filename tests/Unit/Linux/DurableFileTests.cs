using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>Files whose content must survive a power cut. That it does, no test on a running machine shows; what is written where, these do.</summary>
public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string FilePath => Path.Combine(_directory.Path, "journal");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_appended_follows_what_is_there_and_is_for_its_owner_alone()
    {
        using (var first = DurableFile.OpenAppend(FilePath))
            DurableFile.Append(first, "one\n"u8, FilePath);
        using (var second = DurableFile.OpenAppend(FilePath))
            DurableFile.Append(second, "two\n"u8, FilePath);
        Assert.Equal("one\ntwo\n", File.ReadAllText(FilePath));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_named()
    {
        var path = Path.Combine(_directory.Path, "no", "journal");
        Assert.Contains(path, Assert.Throws<LinuxException>(() => DurableFile.OpenAppend(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_is_full_is_told_of()
    {
        using var full = DurableFile.OpenAppend("/dev/full");
        var failure = Assert.Throws<LinuxException>(() => DurableFile.Append(full, "x"u8, "/dev/full"));
        Assert.Equal(28, failure.Error);
        Assert.StartsWith("/dev/full cannot be written: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_locked_against_other_processes_and_whoever_opens_it_anew()
    {
        using var mine = DurableFile.OpenAppend(FilePath);
        Assert.True(DurableFile.TryLock(mine, FilePath));
        Assert.True(DurableFile.TryLock(mine, FilePath));
        using (var anew = DurableFile.OpenAppend(FilePath))
            Assert.False(DurableFile.TryLock(anew, FilePath));
        mine.Dispose();
        await using (await LockHolder.Take(FilePath))
        {
            using var late = DurableFile.OpenAppend(FilePath);
            Assert.False(DurableFile.TryLock(late, FilePath));
        }

        using var last = DurableFile.OpenAppend(FilePath);
        Assert.True(DurableFile.TryLock(last, FilePath));
    }

    [Fact]
    public void Room_is_kept_without_being_content_and_given_back()
    {
        using var file = DurableFile.OpenAppend(FilePath);
        DurableFile.Append(file, "one"u8, FilePath);
        DurableFile.Reserve(file, 1 << 20, FilePath);
        Assert.Equal(3, new FileInfo(FilePath).Length);
        var kept = Blocks(FilePath);
        DurableFile.Trim(file);
        Assert.Equal("one", File.ReadAllText(FilePath));
        Assert.True(Blocks(FilePath) <= kept);
        DurableFile.Empty(file, FilePath);
        DurableFile.Append(file, "two"u8, FilePath);
        Assert.Equal("two", File.ReadAllText(FilePath));
    }

    [Fact]
    public void What_was_not_handed_over_is_not_taken()
    {
        var failure = Assert.Throws<LinuxException>(() => DurableFile.Inherited(987, "the journal"));
        Assert.StartsWith("the journal was not handed to this process", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_path_takes_anothers_place_and_a_refusal_changes_nothing()
    {
        File.WriteAllText(FilePath, "old");
        File.WriteAllText(FilePath + ".new", "new");
        DurableFile.Replace(FilePath + ".new", FilePath);
        Assert.Equal("new", File.ReadAllText(FilePath));
        Assert.False(File.Exists(FilePath + ".new"));
        var failure = Assert.Throws<LinuxException>(() => DurableFile.Replace(FilePath + ".new", FilePath));
        Assert.Contains("cannot be renamed to", failure.Message, StringComparison.Ordinal);
        Assert.Equal("new", File.ReadAllText(FilePath));
    }

    private static long Blocks(string path)
    {
        using var stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", path]) { RedirectStandardOutput = true })!;
        var said = stat.StandardOutput.ReadToEnd();
        stat.WaitForExit();
        return long.Parse(said, System.Globalization.CultureInfo.InvariantCulture);
    }
}
