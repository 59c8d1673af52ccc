// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The output of a program: each piece with its time in milliseconds since the start.
typealias TimedOutput = [(at: Int, text: String)]

/// The exact output of real programs to a pipe, with several bars or with a bar whose total grows.
///
/// The longest outputs lack lines from the middle.
enum RunBarFixtures {
    /// `rsync -a --bwlimit=20m --info=progress2 FOLDER FOLDER`, while it finds more files.
    static let rsyncFindingMore: TimedOutput = [
        (33, "\r         60,000   0%   25.97MB/s    0:00:00 (xfr#1, ir-chk=1599/1617)"),
        (182, "\r      3,540,000  40%   22.45MB/s    0:00:00 (xfr#800, ir-chk=1204/2021)"),
        (183, "\r      3,600,000  33%   22.68MB/s    0:00:00 (xfr#801, ir-chk=1603/2421)"),
        (206, "\r      5,310,000  50%   29.09MB/s    0:00:00 (xfr#1200, ir-chk=1204/2421)"),
        (207, "\r      5,370,000  43%   29.25MB/s    0:00:00 (xfr#1201, ir-chk=1603/2821)"),
        (461, "\r      8,850,000  62%   19.69MB/s    0:00:00 (xfr#2000, ir-chk=1200/3221)"),
        (462, "\r      8,910,000  55%   19.78MB/s    0:00:00 (xfr#2001, ir-chk=1603/3625)"),
        (761, "\r     15,930,000  75%   20.80MB/s    0:00:00 (xfr#3600, ir-chk=1200/4825)"),
        (762, "\r     15,990,000  69%   20.85MB/s    0:00:00 (xfr#3601, ir-chk=1603/5229)"),
        (1172, "\r     24,042,000  79%   20.10MB/s    0:00:01 (xfr#5430, ir-chk=1374/6833)"),
        (1777, "\r     36,585,000  86%   19.98MB/s    0:00:01 (xfr#8262, ir-chk=1338/9637)"),
        (2578, "\r     53,100,000  90%   19.89MB/s    0:00:02 (xfr#12000, ir-chk=1204/13249)"),
        (3321, "\r     69,609,000  91%   20.18MB/s    0:00:03 (xfr#15717, ir-chk=1487/17257)"),
        (3962, "\r     81,867,000  96%   19.86MB/s    0:00:03 (xfr#18492, to-chk=708/19261)"),
        (4123, "\r     84,960,000 100%   19.81MB/s    0:00:04 (xfr#19200, to-chk=0/19261)"),
        (4163, "\n"),
    ]

    /// `curl -# --limit-rate 10m -o FILE URL -o FILE URL -o FILE URL`.
    ///
    /// The second bar starts at 51.5 %.
    static let curlBars: TimedOutput = [
        (238, "\r#########                                                                 12.7%"),
        (889, "\r################################                                          44.7%"),
        (1875, "\r#####################################################################     96.4%"),
        (1876, "\r######################################################################## 100.0%\n"),
        (2077, "\r#####################################                                     51.5%"),
        (2860, "\r###########################################################               82.9%"),
        (3457, "\r######################################################################## 100.0%\n"),
        (3657, "\r################                                                          23.4%"),
        (3909, "\r######################################################                    75.1%"),
        (4892, "\r#################################################################         91.4%"),
        (5201, "\r######################################################################## 100.0%\n"),
    ]

    /// `git clone --progress URL`, over a slow connection.
    static let gitPhases: TimedOutput = [
        (0, "Cloning into 'c'...\nremote: Enumerating objects: 1208, done.        \n"),
        (100, "remote: Counting objects:   0% (1/1208)        \r"),
        (700, "remote: Counting objects:  58% (701/1208)        \r"),
        (1300, "remote: Counting objects: 100% (1208/1208)        \r"),
        (1301, "remote: Counting objects: 100% (1208/1208), done.        \n"),
        (1302, "remote: Compressing objects:   0% (1/1208)        \r"),
        (1900, "remote: Compressing objects:  76% (919/1208)        \r"),
        (2500, "remote: Compressing objects: 100% (1208/1208)        \r"),
        (2501, "remote: Compressing objects: 100% (1208/1208), done.        \n"),
        (2502, "Receiving objects:   0% (1/1208)\r"),
        (3100, "Receiving objects:  34% (411/1208)\r"),
        (3700, "Receiving objects:  93% (1124/1208)\r"),
        (4300, "Receiving objects: 100% (1208/1208), 636.38 KiB | 7.49 MiB/s, done.\n"),
        (4302, "Resolving deltas:   0% (0/900)\r"),
        (4900, "Resolving deltas:  51% (459/900)\r"),
        (5500, "Resolving deltas: 100% (900/900)\r"),
        (5501, "Resolving deltas: 100% (900/900), done.\n"),
    ]

    /// `for i in tqdm(range(3)): for j in tqdm(range(5), leave=False)`, with descriptions or without.
    static func tqdmInTqdm(outer: String, inner: String) -> TimedOutput {
        func outerBar(_ done: Int) -> String {
            let bars = ["  0%|          |", " 33%|███▎      |", " 67%|██████▋   |", "100%|██████████|"]
            return "\r\(outer)\(bars[done]) \(done)/3 [00:01<00:02,  1.25s/it]"
        }
        var output: TimedOutput = [(50, outerBar(0))]
        for round in 0..<3 {
            let start = 51 + round * 1252
            output.append((start, "\n\r\(inner)  0%|          | 0/5 [00:00<?, ?it/s]\u{1B}[A"))
            output.append((start + 250, "\n\r\(inner) 20%|██        | 1/5 [00:00<00:01,  4.00it/s]\u{1B}[A"))
            output.append((start + 501, "\n\r\(inner) 40%|████      | 2/5 [00:00<00:00,  4.00it/s]\u{1B}[A"))
            output.append((start + 752, "\n\r\(inner) 60%|██████    | 3/5 [00:00<00:00,  3.99it/s]\u{1B}[A"))
            output.append((start + 1002, "\n\r\(inner) 80%|████████  | 4/5 [00:01<00:00,  3.99it/s]\u{1B}[A"))
            output.append((start + 1251, "\n\r\(inner)100%|██████████| 5/5 [00:01<00:00,  3.99it/s]\u{1B}[A"))
            output.append(
                (start + 1252, "\n\r                                             \u{1B}[A" + outerBar(round + 1))
            )
        }
        return output + [(3808, outerBar(3) + "\n")]
    }
}
