using CsCheck;
using VirtHandover.Libvirt;

namespace VirtHandover.Tests.Unit.Libvirt;

public class StatusFileFuzzTests
{
    private static readonly byte[][] Seeds = [.. Corpus.Files("status/good").Concat(Corpus.Files("status/bad")).Select(File.ReadAllBytes)];

    private static readonly Gen<byte[]> Damaged =
        from seed in Gen.Int[0, Seeds.Length - 1].Select(index => Seeds[index])
        from cut in Gen.Int[0, seed.Length]
        from damage in Gen.Select(Gen.Int[0, Math.Max(0, seed.Length - 1)], Gen.Byte).Array[0, 8]
        select Damage(seed, cut, damage);

    [Fact]
    public void Random_bytes_give_the_declared_exception_or_nothing() =>
        Gen.Byte.Array[0, 4096].Sample(ReadsOrRefuses, iter: 2000);

    [Fact]
    public void Damaged_files_give_the_declared_exception_or_nothing() => Damaged.Sample(ReadsOrRefuses, iter: 3000);

    [Fact]
    public void Random_text_as_a_pty_is_written_back_or_refused() =>
        Gen.String.Sample(
            pty =>
            {
                StatusFile file = StatusFileTests.Running;
                var edit = new StatusFileEdit { ProcessId = 1, Ptys = new Dictionary<string, string> { ["/dev/pts/0"] = pty } };
                try
                {
                    return StatusFile.Parse("x.xml", file.Apply(edit)).Ptys.Single() == pty;
                }
                catch (StatusFileException)
                {
                    // Only what XML 1.0 cannot hold.
                    return pty.Any(c => c < ' ' || c >= '\ud800');
                }
            },
            iter: 500);

    private static bool ReadsOrRefuses(byte[] content)
    {
        try
        {
            StatusFile file = StatusFile.Parse("/run/x.xml", content);
            _ = (file.MonitorPath, file.LibDirectory, file.Job);
            _ = (file.HasBlockJobs, file.HasBackup, file.LockState, file.FakeReboot, file.KnowsSandbox);
            _ = (file.Ptys, file.Domain.Disks, file.Domain.Interfaces, file.Domain.Graphics);
            _ = (file.Domain.BalloonStatsPeriod, file.Domain.HasHugePages, file.Domain.ExtraArguments);
            StatusFile edited = StatusFile.Parse("/run/x.xml", file.Apply(new StatusFileEdit { ProcessId = 4711 }));
            return edited.ProcessId == 4711;
        }
        catch (StatusFileException refusal)
        {
            return refusal.Message.Contains("/run/x.xml", StringComparison.Ordinal);
        }
    }

    private static byte[] Damage(byte[] seed, int cut, (int At, byte Value)[] damage)
    {
        byte[] content = [.. seed];
        foreach ((int at, byte value) in damage)
        {
            if (at < content.Length)
            {
                content[at] = value;
            }
        }

        // Half of them keep their end, so that some damage survives well-formedness.
        return cut % 2 == 0 ? content : content[..cut];
    }
}
